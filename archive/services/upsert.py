"""The comments that a chunk of records names: read in a few queries, changed in memory, written in a few more.

Used only inside the transaction of `comments_store`.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from archive.database.bulk import allocate_ids, blank_values, build_row, rows_insert
from archive.database.lookups import BulkLookup
from archive.importers.placeholders import is_no_id
from archive.importers.records import CommentRecord
from archive.models import Comment, Commenter, CommentRevision, OriginState, Source
from archive.models.comment import seal_keys
from archive.services.articles import ArticleUpsertBatch
from archive.services.parents import rings, scoped_id
from archive.services.records.identity import Writer, same_time, same_writer
from archive.services.records.validation import FieldProblem, time_aware
from archive.text import plain_text, text_digest

EDITED_FIELDS = ("raw", "text", "text_format", "text_hash", "revision", "edited_at", "origin_state")


class RowsMovedError(Exception):
    """Another process edited a row between our read and our write. The chunk is retried."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The result for a record: its row, which has an id once the batch is saved, or the problem."""

    outcome: str
    row: Comment
    problem: FieldProblem | None = None


def text_replace(row: Comment, *, raw: str, text_format: str, at: datetime) -> CommentRevision:
    """Replaces the text of `row` in memory, and returns the earlier text to be stored with it."""
    earlier = CommentRevision(comment=row, revision=row.revision, raw=row.raw, text=row.text)
    row.raw, row.text_format, row.text = raw, text_format, plain_text(raw, text_format)
    row.text_hash = text_digest(row.text)
    row.revision += 1
    row.edited_at = at
    return earlier


class CommentUpsertBatch:
    """The stored rows and the chunk's new ones, by external id."""

    def __init__(
        self,
        source: Source,
        articles: ArticleUpsertBatch,
        writers: list[int | None],
        records: list[CommentRecord],
        untimed: Container[str] = frozenset(),
    ) -> None:
        """Reads the stored rows. `writers` holds the id of each record's commenter.

        Raises RowsMovedError if one of them was erased since the caller left those out.
        `untimed` holds the comment ids that this run has met without a time, or that are placeholders such as `0`.
        """
        self._untimed = untimed
        self.untimed: set[str] = set()
        self._people: dict[int, Writer] | None = None
        self._source, self._articles, self._writers = source, articles, writers
        self._records = records
        self._now = timezone.now()
        self._blank = blank_values(Comment) | {"source_id": source.pk, "received_at": self._now}
        self._rows = {row.external_id: row for row in self._stored({record.external_id for record in self._records})}
        if any(row.erased_at for row in self._rows.values()):
            raise RowsMovedError
        self._revisions_read = {row.pk: row.revision for row in self._rows.values()}
        self._new: list[Comment] = []
        self._edited: dict[str, Comment] = {}
        self._earlier: list[CommentRevision] = []

    def _stored(self, keys: Iterable[str]) -> Iterable[Comment]:
        return Comment.objects.filter(BulkLookup(Comment, self._source, keys)).order_by().defer("seal_key", "meta")

    def take_all(self) -> list[Taken]:
        """Applies the records in order; n in, n out."""
        return [self._take(record, writer) for record, writer in zip(self._records, self._writers, strict=True)]

    def _take(self, record: CommentRecord, writer: int | None) -> Taken:
        row = self._rows.get(record.external_id)
        taken = Taken("created", self._add(record, writer)) if row is None else self._take_again(row, record, writer)
        if record.created_at is None or is_no_id(record.external_id):
            self.untimed.add(record.external_id)
        return taken

    def _take_again(self, row: Comment, record: CommentRecord, writer: int | None) -> Taken:
        if row.article_id != self._articles.id_of(record.article):
            reason = "another article of this source has a comment with this id"
            return Taken("rejected", row, FieldProblem("external_id", "other_article", reason))
        if problem := self._contradiction(row, record, writer):
            return Taken("rejected", row, problem)
        return Taken("edited" if self._changed(row, record) else "unchanged", row)

    def _contradiction(self, row: Comment, record: CommentRecord, writer: int | None) -> FieldProblem | None:
        """Returns why a record is not the stored comment with its id, if so: an edit changes only the text."""
        signed = row.commenter_id is not None and writer is not None
        # A comment without a time of its own has the time of its arrival.
        timed = record.created_at is not None and row.created_at != row.received_at
        if signed and row.commenter_id != writer and not self._may_be_one(row.commenter_id or 0, writer or 0):
            return FieldProblem("commenter", "other_author", "the comment of this id was written by somebody else")
        if timed and record.created_at and not same_time(row.created_at, record.created_at, self._source.timezone):
            return FieldProblem("created_at", "other_time", "the comment of this id was written at another time")
        is_edit = timed and not is_no_id(row.external_id)
        if is_edit or not self._is_of_this_run(row) or row.raw == record.raw:
            return None
        reason = "another record of this import has this id, and no time tells that this is an edit of it"
        return FieldProblem("external_id", "repeated_id", reason)

    def _is_of_this_run(self, row: Comment) -> bool:
        key = row.external_id
        return row.pk is None or key in self._edited or key in self.untimed or key in self._untimed

    def _may_be_one(self, stored: int, said: int) -> bool:
        if self._people is None:
            ids = {*(row.commenter_id for row in self._rows.values()), *self._writers}
            rows = (
                Commenter.objects.filter(pk__in=[pk for pk in ids if pk is not None])
                .order_by()
                .values_list("pk", "external_id", "name")
            )
            self._people = {pk: Writer(key, name) for pk, key, name in rows}
        return same_writer(self._people[stored], self._people[said])

    def _add(self, record: CommentRecord, writer: int | None) -> Comment:
        text = plain_text(record.raw, record.text_format) if record.text is None else record.text
        row = build_row(
            Comment,
            self._blank
            | {
                "article_id": self._articles.id_of(record.article),
                "commenter_id": writer,
                "external_id": record.external_id,
                "parent_external_id": record.parent_external_id,
                "raw": record.raw,
                "text_format": record.text_format,
                "text": text,
                "text_hash": text_digest(text),
                "language": record.language,
                "created_at": self._time(record.created_at),
                "origin_state": record.origin_state or OriginState.PUBLISHED.value,
                "meta": dict(record.meta),
            },
        )
        self._rows[record.external_id] = row
        self._new.append(row)
        return row

    def _time(self, said: datetime | None) -> datetime:
        return time_aware(said, self._source.timezone) if said else self._now

    def _changed(self, row: Comment, record: CommentRecord) -> bool:
        """Edits `row` if the record has another text or origin state.

        Another origin state counts as an edit: the revision tells the scorer that the comment changed.
        """
        state = record.origin_state or row.origin_state
        emptied = state == OriginState.DELETED and not record.raw.strip()
        raw, form = (row.raw, row.text_format) if emptied else (record.raw, record.text_format)
        same = (raw, form, state) == (row.raw, row.text_format, row.origin_state)
        if same:
            return False
        self._earlier.append(text_replace(row, raw=raw, text_format=form, at=self._now))
        row.origin_state = state
        if row.pk is not None:
            self._edited[row.external_id] = row
        return True

    def save(self) -> None:
        """Writes new rows with their parents, edited rows, and the earlier texts of the edited ones."""
        count = len(self._new)
        for row, pk, key in zip(self._new, allocate_ids(Comment, count), seal_keys(count), strict=True):
            row.pk, row.seal_key = pk, key
        self._link()
        rows_insert(self._new)
        self._check_unmoved()
        Comment.objects.bulk_update(self._edited.values(), EDITED_FIELDS, batch_size=100)
        CommentRevision.objects.bulk_create(self._earlier)

    def _link(self) -> None:
        """Sets the parent of each new reply, if it is stored or in this chunk."""
        known = self._known_parents()
        found = {
            row.pk: parent[0]
            for row in self._new
            if (parent := known.get(row.parent_external_id)) and parent[1] == row.article_id
        }
        cut = rings(found)
        for row in self._new:
            if row.pk in found and row.pk not in cut:
                row.parent_id = found[row.pk]

    def _known_parents(self) -> dict[str, tuple[int, int]]:
        """Returns id and article of every wanted parent that is stored or in this chunk."""
        wanted = {row.parent_external_id for row in self._new} - {""}
        known = {key: (row.pk, row.article_id) for key, row in self._rows.items() if key in wanted}
        rows = Comment.objects.filter(BulkLookup(Comment, self._source, wanted - known.keys())).order_by()
        return known | {key: (pk, article) for key, pk, article in rows.values_list("external_id", "pk", "article_id")}

    def _check_unmoved(self) -> None:
        """Locks the rows to be edited. Raises RowsMovedError if one has changed or was erased since it was read."""
        keys = [row.pk for row in self._edited.values()]
        rows = Comment.objects.select_for_update().filter(pk__in=keys, erased_at=None).order_by("pk")
        if keys and dict(rows.values_list("pk", "revision")) != {pk: self._revisions_read[pk] for pk in keys}:
            raise RowsMovedError


def erased_stored(source: Source, records: Sequence[CommentRecord]) -> dict[str, int]:
    """Returns external id → id of those comments of the records that were erased here."""
    keys = {record.external_id for record in records}
    rows = Comment.objects.filter(BulkLookup(Comment, source, keys), erased_at__isnull=False).order_by()
    return dict(rows.values_list("external_id", "pk"))


def numbers_told_apart(source: Source, records: list[CommentRecord]) -> list[CommentRecord]:
    """Returns `records` with ids unique in the source; those of numbered comments are unique only in their article.

    The number path from a page is kept as the id, unless another article of the source already has it: then it is
    prefixed with the article's id (`page-06:2.1`).
    """
    numbered = [record for record in records if record.numbered]
    if not numbered:
        return records
    keys = {key for record in numbered for key in (record.external_id, record.parent_external_id) if key}
    keys |= {scoped_id(record.article.external_id, record.parent_external_id) for record in numbered}
    rows = Comment.objects.filter(BulkLookup(Comment, source, keys)).order_by()
    owners: dict[str, str] = dict(rows.values_list("external_id", "article__external_id"))
    own = [_own_id(record, owners) if record.numbered else record.external_id for record in records]
    return [_renumbered(record, key, owners) for record, key in zip(records, own, strict=True)]


def _renumbered(record: CommentRecord, key: str, owners: Mapping[str, str]) -> CommentRecord:
    parent = _parent_id(record, owners) if record.numbered and record.parent_external_id else record.parent_external_id
    if (key, parent) == (record.external_id, record.parent_external_id):
        return record
    return replace(record, external_id=key, parent_external_id=parent)


def _own_id(record: CommentRecord, owners: dict[str, str]) -> str:
    article = record.article.external_id
    if owners.setdefault(record.external_id, article) == article:
        return record.external_id
    key = scoped_id(article, record.external_id)
    owners[key] = article
    return key


def _parent_id(record: CommentRecord, owners: Mapping[str, str]) -> str:
    """Returns the parent's id, prefixed with its article's id only if a comment with that id exists."""
    article = record.article.external_id
    key = scoped_id(article, record.parent_external_id)
    return key if record.parent_external_id and owners.get(key) == article else record.parent_external_id
