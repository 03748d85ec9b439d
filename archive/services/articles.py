"""Articles: stored in bulk by (source, external id), with an outcome for each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from archive.database.bulk import allocate_ids, blank_values, build_row, rows_insert
from archive.database.lookups import BulkLookup
from archive.importers.records import ArticleRecord, TextBlock
from archive.models import Article, Source
from archive.services.addresses import articles_told_apart
from archive.services.records.validation import FieldProblem, RecordsRefusedError, article_problems, time_aware

TEXTS = ("url", "title", "section", "summary", "byline", "dateline", "body", "language")
TIMES = ("published_at", "modified_at")
PIECES = ("blocks", "furniture")
LONG = ("summary", "body", *PIECES)
_TITLE = frozenset({"title", "title_derived"})
ANOTHER = FieldProblem("article.external_id", "other_article", "another article of this source has this id")
# Addresses that can be shown as links; a path or another scheme is dropped.
_WEB = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class ArticleOutcome:
    """The result for one article record: `outcome` is created, edited, unchanged or rejected (then with problems)."""

    outcome: str
    article_id: int | None
    problems: tuple[FieldProblem, ...] = ()


def articles_store(
    *, source: Source, records: Sequence[ArticleRecord], all_or_nothing: bool = False
) -> list[ArticleOutcome]:
    """Stores articles in one transaction; n records in, n outcomes out, in the same order.

    A field that a record leaves empty keeps its stored value; any other replaces it. A record of another article under
    a known id is stored under its address, or rejected if it has none; with `all_or_nothing` no such check is made.

    Raises:
        RecordsRefusedError: with `all_or_nothing`, if any record has a problem; nothing is stored then.
    """
    problems = {at: found for at, record in enumerate(records) if (found := article_problems(record))}
    if problems and all_or_nothing:
        raise RecordsRefusedError(problems)
    good = [record for at, record in enumerate(records) if at not in problems]
    if not all_or_nothing:
        good, problems = _told_apart(source, records, problems)
    with transaction.atomic():
        batch = ArticleUpsertBatch(source, good)
        outcomes = iter([ArticleOutcome(batch.put(record), batch.id_of(record)) for record in good])
        batch.save()
    return [
        ArticleOutcome("rejected", None, problems[at]) if at in problems else next(outcomes)
        for at in range(len(records))
    ]


def _told_apart(
    source: Source, records: Sequence[ArticleRecord], problems: dict[int, tuple[FieldProblem, ...]]
) -> tuple[list[ArticleRecord], dict[int, tuple[FieldProblem, ...]]]:
    """Returns the records that can be stored, each under a distinct id, and the problems of the others."""
    places = [at for at in range(len(records)) if at not in problems]
    told = dict(zip(places, articles_told_apart(source, [records[at] for at in places]), strict=True))
    another = {at: (ANOTHER,) for at, record in told.items() if record is None}
    return [record for record in told.values() if record is not None], problems | another


class ArticleUpsertBatch:
    """The articles that a chunk of records names: read once, changed in memory, saved once.

    New articles are inserted on construction, so that comments can refer to them.
    """

    def __init__(self, source: Source, records: Iterable[ArticleRecord]) -> None:
        self._source = source
        records = list(records)
        first = {record.external_id: record for record in reversed(records)}
        self._rows = {row.external_id: row for row in self._stored(first, records)}
        missing = [record for key, record in reversed(first.items()) if key not in self._rows]
        new = [self._made(pk, record) for pk, record in zip(allocate_ids(Article, len(missing)), missing, strict=True)]
        rows_insert(new)
        self._rows.update({row.external_id: row for row in new})
        self._unseen = {row.external_id for row in new}
        self._changed: dict[str, set[str]] = {}
        self._filled: dict[int, ArticleRecord] = {}

    def _stored(self, keys: Iterable[str], records: list[ArticleRecord]) -> Iterable[Article]:
        """Returns the stored articles, without the long columns that no record fills."""
        unsaid = [name for name in LONG if not any(getattr(record, name) for record in records)]
        return Article.objects.filter(BulkLookup(Article, self._source, keys)).defer(*unsaid)

    def _made(self, pk: int, record: ArticleRecord) -> Article:
        own = {"id": pk, "source_id": self._source.pk, "external_id": record.external_id}
        return build_row(Article, blank_values(Article) | own | self._said(record))

    def _said(self, record: ArticleRecord) -> dict[str, Any]:
        """Returns the columns that a record fills."""
        texts = {name: value for name in TEXTS if (value := getattr(record, name))}
        times = {name: time_aware(v, self._source.timezone) for name in TIMES if (v := getattr(record, name))}
        pieces = {name: [_piece(piece) for piece in value] for name in PIECES if (value := getattr(record, name))}
        if not record.url.startswith(_WEB):
            texts.pop("url", None)
        return {**texts, **times, **pieces, **({"title_derived": record.title_derived} if record.title else {})}

    def id_of(self, record: ArticleRecord) -> int:
        """Returns the id of a record's article."""
        return self._rows[record.external_id].pk

    def put(self, record: ArticleRecord) -> str:
        """Applies an article's own record: its fields replace the stored ones. Returns the outcome."""
        return self._take(record, fill_only=False)

    def fill(self, record: ArticleRecord) -> str:
        """Applies what a comment says about its article: fills empty fields and replaces nothing. Returns the outcome.

        So neither the order of conflicting rows nor a second import makes a difference.
        """
        if id(record) in self._filled:
            # All comments of an article may share one record; its long texts are compared only once.
            return "unchanged"
        self._filled[id(record)] = record
        return self._take(record, fill_only=True)

    def _take(self, record: ArticleRecord, *, fill_only: bool) -> str:
        row = self._rows[record.external_id]
        titles = _gives_title(row, record, fill_only=fill_only)
        said = {
            name: value
            for name, value in self._said(record).items()
            if (titles if name in _TITLE else not (fill_only and getattr(row, name))) and getattr(row, name) != value
        }
        for name, value in said.items():
            setattr(row, name, value)
        if said:
            self._changed.setdefault(record.external_id, set()).update(said)
        return self._outcome(record.external_id, changed=bool(said))

    def _outcome(self, key: str, *, changed: bool) -> str:
        if key in self._unseen:
            self._unseen.remove(key)
            return "created"
        return "edited" if changed else "unchanged"

    def save(self) -> None:
        """Writes the changed articles."""
        if self._changed:
            names = sorted(set().union(*self._changed.values()))
            Article.objects.bulk_update([self._rows[key] for key in self._changed], names, batch_size=200)


def _piece(piece: TextBlock) -> dict[str, str]:
    return {"kind": piece.kind, "text": piece.text}


def _gives_title(row: Article, record: ArticleRecord, *, fill_only: bool) -> bool:
    """Says whether a record's title replaces the stored one: a real title replaces a derived one, never vice versa."""
    if not row.title or row.title_derived != record.title_derived:
        return not row.title or row.title_derived
    return not fill_only
