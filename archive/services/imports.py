"""An import: what parsers yield, stored chunk by chunk, with a count and a report of what could not be kept.

Called by `import_comments`. Every chunk is one short transaction a source, so an import that is stopped and run again
goes on where it was.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from archive.database.bulk import bulk_write, chunk_write
from archive.database.gc_pause import gc_threshold_raised
from archive.importers.read_ahead import BATCH_CHARACTERS, BATCH_RECORDS, FIRST_RECORDS, grown
from archive.importers.records import ArticleRecord, CommentRecord, Item, Notice, Rejected, StoppedError
from archive.models import Source
from archive.services.articles import ArticleOutcome, articles_store
from archive.services.comments import Outcome, comments_store
from archive.services.parents import REASONS, Waiting, parents_link
from archive.services.sources import source_get_or_create, source_slug
from archive.services.validation import FieldProblem, RecordsRefusedError

CHUNK_RECORDS = BATCH_RECORDS
CHUNK_CHARACTERS = BATCH_CHARACTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportIssue:
    """One line of the report. `kept` says whether the record was stored all the same."""

    line: int | None
    field: str
    code: str
    reason: str
    limit: int | None = None
    source: str = ""
    external_id: str = ""
    kept: bool = False


@dataclass(slots=True)
class Counts:
    """What an import came to. `waiting` counts replies without their parent by code, over all of the sources' rows."""

    articles: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("created", "edited", "unchanged"), 0))
    comments: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("created", "edited", "unchanged"), 0))
    rejected: int = 0
    linked: int = 0
    waiting: dict[str, int] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        kinds = (self.articles, self.comments)
        return bool(self.linked or any(kind["created"] or kind["edited"] for kind in kinds))


class ArchiveImport:
    """One run over any number of files. `tell` gets each remark as it comes up."""

    def __init__(self, *, tell: Callable[[ImportIssue], None]) -> None:
        self.counts = Counts()
        self._tell = tell
        self._sources: dict[str, Source] = {}

    def store(self, *, items: Iterable[Item], source_name: str) -> None:
        """Stores what a parser yields. `source_name` is for records that name no source."""
        with bulk_write(), gc_threshold_raised():
            self._store_all(items, source_name)

    def _store_all(self, items: Iterable[Item], source_name: str) -> None:
        for chunk in chunks(items):
            for name, records in _by_source(chunk, source_name).items():
                self._store_chunk(name, records)
            for item in chunk:
                self._pass_on(item)

    def finish(self) -> Counts:
        """Links the replies whose parents came after them, and tells of those that go on waiting."""
        for source in self._sources.values():
            report = parents_link(source=source, tell=partial(self._tell_waiting, source.slug))
            self.counts.linked += report.linked
            for code, count in report.waiting.items():
                self.counts.waiting[code] = self.counts.waiting.get(code, 0) + count
        return self.counts

    def _store_chunk(self, name: str, records: list[ArticleRecord | CommentRecord]) -> None:
        try:
            source = self._source(name)
        except RecordsRefusedError as error:
            for record in records:
                self._reject(record, error.problems[0])
            return
        articles = [record for record in records if isinstance(record, ArticleRecord)]
        comments = [record for record in records if isinstance(record, CommentRecord)]
        with chunk_write():
            stored = articles_store(source=source, records=articles)
            # Replies that came before their parents are linked once, at the end.
            outcomes = comments_store(source=source, records=comments, link=False)
        # Counted once it is there to stay: an import may be stopped in the middle of a chunk.
        self._count_articles(articles, stored)
        self._count_comments(comments, outcomes)

    def _source(self, name: str) -> Source:
        slug = source_slug(name)
        if slug not in self._sources:
            self._sources[slug] = source_get_or_create(name=name)
        return self._sources[slug]

    def _count_articles(self, records: list[ArticleRecord], outcomes: list[ArticleOutcome]) -> None:
        for record, outcome in zip(records, outcomes, strict=True):
            self._count(self.counts.articles, outcome.outcome)
            if outcome.problems:
                self._reject(record, outcome.problems)

    def _count_comments(self, records: list[CommentRecord], outcomes: list[Outcome]) -> None:
        for record, outcome in zip(records, outcomes, strict=True):
            self._count(self.counts.comments, outcome.outcome)
            if outcome.article != "unchanged":
                self._count(self.counts.articles, outcome.article)
            if outcome.problems:
                self._reject(record, outcome.problems)

    @staticmethod
    def _count(counts: dict[str, int], outcome: str) -> None:
        if outcome in counts:
            counts[outcome] += 1

    def _reject(self, record: ArticleRecord | CommentRecord, problems: tuple[FieldProblem, ...]) -> None:
        """Tells of the first problem: one line a record, as with those that the parser rejects."""
        self.counts.rejected += 1
        first = problems[0]
        self._tell(
            ImportIssue(line=record.line, field=first.field, code=first.code, reason=first.reason, limit=first.limit)
        )

    def _pass_on(self, item: Item) -> None:
        if isinstance(item, Rejected):
            self.counts.rejected += 1
            self._tell(
                ImportIssue(line=item.line, field=item.field, code=item.code, reason=item.reason, limit=item.limit)
            )
        elif isinstance(item, Notice):
            self._tell(ImportIssue(line=item.line, field="", code=item.code, reason=item.reason, kept=True))

    def _tell_waiting(self, slug: str, reply: Waiting) -> None:
        self._tell(
            ImportIssue(
                line=None,
                field="parent_external_id",
                code=reply.code,
                reason=REASONS[reply.code],
                source=slug,
                external_id=reply.external_id,
                kept=True,
            )
        )


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yields `items` in lists that are bounded in number and in characters.

    Raises:
        StoppedError: the file ended in the middle, after everything before that was yielded.
    """
    chunk: list[Item] = []
    size = 0
    most = min(FIRST_RECORDS, CHUNK_RECORDS)
    stopped: list[StoppedError] = []
    for item in _until_stopped(items, stopped):
        chunk.append(item)
        size += len(item.raw) if isinstance(item, CommentRecord) else 0
        if len(chunk) >= most or size >= CHUNK_CHARACTERS:
            yield chunk
            chunk, size, most = [], 0, grown(most, CHUNK_RECORDS)
    if chunk:
        yield chunk
    if stopped:
        raise stopped[0]


def _until_stopped(items: Iterable[Item], stopped: list[StoppedError]) -> Iterator[Item]:
    try:
        yield from items
    except StoppedError as error:
        stopped.append(error)


def _by_source(chunk: list[Item], source_name: str) -> dict[str, list[ArticleRecord | CommentRecord]]:
    groups: dict[str, list[ArticleRecord | CommentRecord]] = {}
    for item in chunk:
        if isinstance(item, ArticleRecord | CommentRecord):
            groups.setdefault(item.source or source_name, []).append(item)
    return groups
