"""Stores what other systems send: sources, articles, comments, edits, withdrawals, reports.

The archive does the storing. This module limits a caller to its sources, turns the archive's problems into JSON
pointers, and updates the review queue at once (a withdrawn comment leaves it). Scoring happens later: the scorer finds
unscored comments by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from django.db import IntegrityError, transaction

from archive.importers.placeholders import is_no_parent
from archive.importers.records import ArticleRecord, CommentRecord, TextBlock
from archive.models import Article, Comment, OriginState, Source
from archive.services import (
    RecordsRefusedError,
    articles_store,
    comments_store,
)
from archive.services import comment_edit as archive_comment_edit
from archive.services import comment_withdraw as archive_comment_withdraw
from moderation.models import ReaderFlag, Reason, Review
from moderation.services.errors import FieldError, ServiceError, conflict, invalid, precondition_failed
from moderation.services.states.locking import lock_comments, lock_reviews, reviews_write
from moderation.services.states.version import VersionToken
from moderation.services.verdicts.reported import comment_judge_reported
from moderation.services.verdicts.triage import comments_close
from moderation.services.work.nudges import comments_nudge

# Outcomes that leave a text unscored.
NEW = frozenset({"created", "edited"})
# The REST API and file imports use the same record.
CommentItem = CommentRecord


@dataclass(frozen=True, slots=True)
class Ingested:
    """The result for one item: `outcome` is created, edited or unchanged."""

    comment_id: int
    outcome: str


def source_create(*, slug: str, name: str, default_language: str = "", timezone: str = "UTC") -> Source:
    """Creates a source; a slug that is taken is a conflict."""
    try:
        with transaction.atomic():
            return Source.objects.create(slug=slug, name=name, default_language=default_language, timezone=timezone)
    except IntegrityError as error:
        raise conflict(f"The source {slug} already exists; PATCH changes it.") from error


def source_change(*, source: Source, **fields: str) -> Source:
    """Changes the name, default_language or timezone of a source; times that are already stored stay as they are."""
    for name, value in fields.items():
        setattr(source, name, value)
    source.save(update_fields=list(fields))
    return source


def article_store(
    *, source: str, external_id: str, allowed_sources: frozenset[int], **fields: Any
) -> tuple[Article, str]:
    """Stores an article by (source, external id) and returns it with its outcome: created, edited or unchanged.

    Fields that are missing or empty keep their stored values.
    """
    home = _sources([source], allowed_sources, pointers=["/source"])[source]
    record = ArticleRecord(external_id=external_id, **_with_blocks(fields, TextBlock))
    try:
        (outcome,) = articles_store(source=home, records=[record], all_or_nothing=True)
    except RecordsRefusedError as refused:
        raise _refusal(refused.problems, pointers=[""]) from refused
    return Article.objects.select_related("source").get(pk=outcome.article_id or 0), outcome.outcome


def article_change(*, article: Article, **fields: Any) -> Article:
    """Changes the given fields of an article; an empty value clears a field. A title given here is never `derived`."""
    changed = _with_blocks(fields, lambda kind, text: {"kind": kind, "text": text})
    if "title" in changed:
        changed["title_derived"] = False
    for name, value in changed.items():
        setattr(article, name, value)
    article.save(update_fields=list(changed))
    return article


def comments_ingest(
    *, items: Sequence[CommentItem], allowed_sources: frozenset[int], nudges: bool = True
) -> list[Ingested]:
    """Stores all items or none; returns one result per item, in the same order. Empty `allowed_sources` means all.

    Idempotent on (source, external id): the same text changes nothing, a different text is an edit. A different
    commenter, time or article is an error, and so is an id that two items of one call share, unless both have the same
    time. `nudges` tells a worker of what came, unless the caller has it scored at once. Raises ServiceError with a
    pointer (`/3/text`) for each error.
    """
    pointers = [f"/{index}/source" for index in range(len(items))]
    sources = _sources([item.source for item in items], allowed_sources, pointers=pointers)
    done: dict[int, Ingested] = {}
    with transaction.atomic():
        # Ordered by slug, so that two callers cannot deadlock.
        for slug, indexes in _by_source(items):
            done |= _store(sources[slug], items, indexes)
        deleted = [at for at, item in enumerate(items) if item.origin_state == OriginState.DELETED]
        comments_close(ids=[done[at].comment_id for at in deleted])
    if nudges:
        comments_nudge(ids=[one.comment_id for one in done.values() if one.outcome in NEW])
    return [done[index] for index in range(len(items))]


@transaction.atomic
def comment_edit(
    *, comment: Comment, text: str, text_format: str | None = None, expected: VersionToken | None = None
) -> None:
    """Changes a comment's text: the old one is kept and the comment becomes unscored. The same text changes nothing.

    `expected` is the version that the caller saw. Raises ServiceError `precondition_failed` if it has changed since.
    """
    _version_check(comment, expected)
    try:
        archive_comment_edit(comment=comment, raw=text, text_format=text_format)
    except RecordsRefusedError as refused:
        raise _refusal(refused.problems, pointers=[""]) from refused
    comments_nudge(ids=[comment.pk])


@transaction.atomic
def comment_withdraw(*, comment: Comment, expected: VersionToken | None = None) -> None:
    """Withdraws a comment: its row stays, its review is closed and the ledger records it. Idempotent.

    `expected` is the version that the caller saw. Raises ServiceError `precondition_failed` if it has changed since.
    """
    _version_check(comment, expected)
    archive_comment_withdraw(comment=comment)
    comments_close(ids=[comment.pk])


@transaction.atomic
def comment_restore(*, comment: Comment, expected: VersionToken | None = None) -> None:
    """Takes a withdrawal back: the comment is unscored and is judged anew, as after an edit. Idempotent.

    A person's rejection before the withdrawal still counts. Raises ServiceError `conflict` for a comment that was
    erased, or deleted at its origin, and `precondition_failed` if it is not of the `expected` version any more.
    """
    _version_check(comment, expected)
    (locked,) = lock_comments([comment.pk])
    if locked.erased_at is not None:
        raise conflict("The comment was erased: there is nothing to restore.")
    if locked.origin_state == OriginState.DELETED:
        raise conflict("The comment was deleted at its origin: store it again with another origin_state.")
    if locked.withdrawn_at is None:
        return
    Comment.objects.filter(pk=locked.pk).update(withdrawn_at=None, taken_revision=0)
    comments_nudge(ids=[locked.pk])
    for review in lock_reviews([locked.pk]).values():
        # Without the hash the verdict is on a text that nobody has judged; the ledger then says that it was reopened.
        review.facts = {name: fact for name, fact in review.facts.items() if name != "text_hash"}
        reviews_write([review])


@transaction.atomic
def flag_store(*, comment: Comment, reporter: str, reason: str) -> tuple[ReaderFlag, str]:
    """Stores a reader's report and returns it with created or unchanged; updates the review's count of reports.

    If the policy has a rule about reports, the comment is judged again at once.
    """
    if not Reason.objects.filter(code=reason).exists():
        codes = ", ".join(Reason.objects.values_list("code", flat=True))
        raise invalid("/reason", f"A reason is one of {codes}.", code="unknown_reason")
    # Before the review, as everywhere; and two reports at once must count each other.
    lock_comments([comment.pk])
    flag, created = ReaderFlag.objects.get_or_create(comment=comment, reporter=reporter, reason=reason)
    Review.objects.filter(comment=comment).update(reader_flags=ReaderFlag.objects.filter(comment=comment).count())
    if created:
        comment_judge_reported(comment_id=comment.pk)
    return flag, "created" if created else "unchanged"


def _version_check(comment: Comment, expected: VersionToken | None) -> None:
    """Locks the comment, then its review, and raises ServiceError if they are not of this version any more."""
    if expected is None:
        return
    locked = lock_comments([comment.pk])
    lock_reviews([comment.pk])
    if [VersionToken.of(one) for one in locked] != [expected]:
        raise precondition_failed("The comment has changed since it was seen.")


def _sources(slugs: Sequence[str], allowed: frozenset[int], *, pointers: Sequence[str]) -> dict[str, Source]:
    """Returns slug → source; a source that the caller may not use is reported like one that does not exist."""
    rows = Source.objects.filter(slug__in=set(slugs))
    found = {row.slug: row for row in rows if not allowed or row.pk in allowed}
    detail = "There is no such source; POST sources/ creates one."
    errors = [
        FieldError(pointer, "unknown_source", detail)
        for slug, pointer in zip(slugs, pointers, strict=True)
        if slug not in found
    ]
    if errors:
        raise ServiceError("validation_error", f"{errors[0].pointer}: {detail}", tuple(errors))
    return found


def _by_source(items: Sequence[CommentItem]) -> list[tuple[str, list[int]]]:
    """Returns (slug, indexes of its items), both in order."""
    ordered = sorted(range(len(items)), key=lambda index: (items[index].source, index))
    return [(slug, list(indexes)) for slug, indexes in groupby(ordered, key=lambda index: items[index].source)]


def _store(source: Source, items: Sequence[CommentItem], indexes: Sequence[int]) -> dict[int, Ingested]:
    try:
        outcomes = comments_store(
            source=source, records=[_without_placeholder_parent(items[index]) for index in indexes], all_or_nothing=True
        )
    except RecordsRefusedError as refused:
        pointers = [f"/{index}" for index in indexes]
        raise _refusal(refused.problems, pointers=pointers) from refused
    return {index: Ingested(one.comment_id or 0, one.outcome) for index, one in zip(indexes, outcomes, strict=True)}


def _without_placeholder_parent(item: CommentItem) -> CommentItem:
    """Returns the item; a parent id that only stands for "no parent" is removed."""
    return replace(item, parent_external_id="") if is_no_parent(item.parent_external_id) else item


def _refusal(problems: Mapping[int, Sequence[Any]], *, pointers: Sequence[str]) -> ServiceError:
    """Returns the archive's problems as a ServiceError, with JSON pointers instead of dotted field names."""
    errors = tuple(
        FieldError(f"{pointers[at]}/{one.field.replace('.', '/')}", one.code, f"{one.reason}.".capitalize(), one.limit)
        for at, found in sorted(problems.items())
        for one in found
    )
    return ServiceError("validation_error", f"{errors[0].pointer}: {errors[0].detail}", errors)


def _with_blocks(fields: Mapping[str, Any], piece: Any) -> dict[str, Any]:
    """Returns the fields; if there is a body, its paragraphs are added as blocks."""
    if "body" not in fields:
        return dict(fields)
    paragraphs = [part.strip() for part in fields["body"].split("\n\n") if part.strip()]
    return {**fields, "blocks": tuple(piece("paragraph", part) for part in paragraphs)}
