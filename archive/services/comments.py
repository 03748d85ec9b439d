"""Comments: stored in bulk by (source, external id). All writes of comments are here.

An unchanged text changes nothing; a different one is an edit: the earlier text is kept and the revision increases by
one, which tells the scorer. Imports and the REST API share this path.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction
from django.utils import timezone

from archive.importers.records import CommentRecord
from archive.models import Comment, Source
from archive.services.addresses import articles_told_apart
from archive.services.articles import ANOTHER, ArticleUpsertBatch
from archive.services.commenters import commenters_stored
from archive.services.parents import parents_link
from archive.services.records.identity import placeholders_dropped
from archive.services.records.personal_data import personal_dropped
from archive.services.records.validation import FieldProblem, RecordsRefusedError, comments_problems, raw_problems
from archive.services.upsert import (
    EDITED_FIELDS,
    CommentUpsertBatch,
    RowsMovedError,
    erased_stored,
    numbers_told_apart,
    text_replace,
)

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for one record: `outcome` is created, edited, unchanged, erased or rejected (then with problems).

    Erased: the comment of this id was erased here, and nothing of the record was stored.

    `article` is the outcome for its article, as far as this record changed it.
    """

    outcome: str
    comment_id: int | None
    article: str = "unchanged"
    problems: tuple[FieldProblem, ...] = ()


def comments_store(
    *,
    source: Source,
    records: Sequence[CommentRecord],
    all_or_nothing: bool = False,
    link: bool = True,
    untimed: set[str] | None = None,
) -> list[Outcome]:
    """Stores comments in one short transaction; n records in, n outcomes out, in the same order.

    Under a known id a different text is an edit. A different writer, time or article is a problem (`other_author`,
    `other_time`, `other_article`), and so is a different text in the same run unless both have the same time
    (`repeated_id`); `untimed` carries the ids concerned from call to call of a run.

    A reply whose parent is missing is stored without it, and linked when the parent arrives; without `link` the caller
    does that at the end (`parents_link`). Meant for up to a few thousand records.

    Raises:
        RecordsRefusedError: with `all_or_nothing`, if any record has a problem; nothing is stored then.
        django.db.OperationalError: the database is busy or unreachable; a retry may help.
    """
    cleaned = [placeholders_dropped(personal_dropped(record)) for record in records]
    problems = comments_problems(cleaned)
    good = [at for at in range(len(cleaned)) if at not in problems]
    told = _articles_apart(source, [cleaned[at] for at in good], may_rename=not all_or_nothing)
    problems |= {at: (ANOTHER,) for at, record in zip(good, told, strict=True) if record is None}
    if problems and all_or_nothing:
        raise RecordsRefusedError(problems)
    good = [at for at in good if at not in problems]
    chunk = [record for record in told if record is not None]
    store = partial(_store, source, chunk, all_or_nothing=all_or_nothing, link=link, untimed=untimed)
    stored = _retried(store) if chunk else []
    outcomes = {**dict(zip(good, stored, strict=True)), **{at: _rejected(found) for at, found in problems.items()}}
    return [outcomes[at] for at in range(len(records))]


def _articles_apart(source: Source, records: list[CommentRecord], *, may_rename: bool) -> list[CommentRecord | None]:
    """Returns the records, each with its own article; None if the article's id belongs to another article."""
    articles = articles_told_apart(source, [record.article for record in records])
    return [
        record
        if article is record.article
        else (replace(record, article=article) if article is not None and may_rename else None)
        for record, article in zip(records, articles, strict=True)
    ]


def _rejected(problems: tuple[FieldProblem, ...]) -> Outcome:
    return Outcome("rejected", None, problems=problems)


def _retried(store: Callable[[], list[Outcome]]) -> list[Outcome]:
    """Retries a chunk if another process stored or edited the same rows at the same time."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return store()
        except (IntegrityError, RowsMovedError):
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _store(
    source: Source, records: list[CommentRecord], *, all_or_nothing: bool, link: bool, untimed: set[str] | None
) -> list[Outcome]:
    """Stores the records but those of comments that were erased: of these not even the writer is made anew."""
    records = numbers_told_apart(source, records)
    erased = erased_stored(source, records)
    live = [record for record in records if record.external_id not in erased]
    stored = iter(_store_live(source, live, all_or_nothing=all_or_nothing, link=link, untimed=untimed) if live else [])
    return [
        Outcome("erased", erased[record.external_id]) if record.external_id in erased else next(stored)
        for record in records
    ]


def _store_live(
    source: Source, records: list[CommentRecord], *, all_or_nothing: bool, link: bool, untimed: set[str] | None
) -> list[Outcome]:
    articles = ArticleUpsertBatch(source, [record.article for record in records])
    told = [articles.fill(record.article) for record in records]
    articles.save()
    writers = commenters_stored(source=source, records=records)
    batch = CommentUpsertBatch(source, articles, writers, records, untimed or frozenset())
    taken = batch.take_all()
    if all_or_nothing and (problems := {at: (each.problem,) for at, each in enumerate(taken) if each.problem}):
        raise RecordsRefusedError(problems)
    batch.save()
    if untimed is not None:
        untimed |= batch.untimed
    if link:
        parents_link(source=source, came=[each.row.external_id for each in taken if each.outcome == "created"])
    return [
        _rejected((each.problem,)) if each.problem else Outcome(each.outcome, each.row.pk, article)
        for each, article in zip(taken, told, strict=True)
    ]


def comment_edit(*, comment: Comment, raw: str, text_format: str | None = None, at: datetime | None = None) -> Comment:
    """Replaces a comment's text and returns the comment as stored; the same text changes nothing.

    Raises:
        RecordsRefusedError: the text is blank, too large or not valid text.
    """
    if problems := tuple(raw_problems(raw, text_format or comment.text_format)):
        raise RecordsRefusedError({0: problems})
    with transaction.atomic():
        row = Comment.objects.select_for_update().get(pk=comment.pk)
        form = text_format or row.text_format
        if row.erased_at is None and (row.raw, row.text_format) != (raw, form):
            text_replace(row, raw=raw, text_format=form, at=at or timezone.now()).save()
            row.save(update_fields=EDITED_FIELDS)
    return row


def comment_withdraw(*, comment: Comment, at: datetime | None = None) -> bool:
    """Marks a comment as withdrawn by its writer or site; keeps the row. Returns False if it already was."""
    when = at or timezone.now()
    return Comment.objects.filter(pk=comment.pk, withdrawn_at=None).update(withdrawn_at=when) == 1
