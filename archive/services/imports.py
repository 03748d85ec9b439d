"""An import: stores what parsers yield chunk by chunk, and counts and reports what could not be kept.

Called by `import_comments`. Every chunk is one short transaction per source, so an import that was stopped can be run
again and continues where it was.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from archive.database.bulk import bulk_write, chunk_write
from archive.database.gc_pause import gc_threshold_raised
from archive.importers.read_ahead import BATCH_CHARACTERS, BATCH_RECORDS, FIRST_RECORDS, grown
from archive.importers.records import ArticleRecord, CommentRecord, Item, Notice, Rejected, StoppedError
from archive.models import Source
from archive.services.addresses import AddressBook, joined
from archive.services.articles import ArticleOutcome, articles_store
from archive.services.comments import Outcome, comments_store
from archive.services.parents import REASONS, Waiting, parents_link
from archive.services.records.validation import FieldProblem, RecordsRefusedError
from archive.services.sites import site_source
from archive.services.sources import source_get_or_create, source_slug

CHUNK_RECORDS = BATCH_RECORDS
CHUNK_CHARACTERS = BATCH_CHARACTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportIssue:
    """One line of the report. `kept` says whether the record was stored anyway."""

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
    """The totals of an import. `waiting` counts replies without their parent by code, over all rows of the sources.

    `erased` counts the records of comments that were erased here: they are not stored again.
    `left_out` counts items that are neither public articles nor comments, by kind.
    """

    articles: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("created", "edited", "unchanged"), 0))
    comments: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("created", "edited", "unchanged"), 0))
    rejected: int = 0
    erased: int = 0
    linked: int = 0
    waiting: dict[str, int] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        kinds = (self.articles, self.comments)
        return bool(self.linked or any(kind["created"] or kind["edited"] for kind in kinds))


class ArchiveImport:
    """One run over any number of files. `tell` is called with each issue as it comes up.

    With `join_addresses`, articles of a source whose addresses lead to the same page become one.
    """

    def __init__(self, *, tell: Callable[[ImportIssue], None], join_addresses: bool = False) -> None:
        self.counts = Counts()
        self._tell, self._join = tell, join_addresses
        self._sources: dict[str, Source] = {}
        self._untimed: dict[int, set[str]] = {}
        self._books: dict[int, AddressBook] = {}

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
        """Links the replies whose parents came after them, and reports those that are still waiting."""
        for source in self._sources.values():
            report = parents_link(source=source, tell=partial(self._tell_waiting, source.slug))
            self.counts.linked += report.linked
            for code, count in report.waiting.items():
                self.counts.waiting[code] = self.counts.waiting.get(code, 0) + count
        return self.counts

    def _store_chunk(self, name: str, records: list[ArticleRecord | CommentRecord]) -> None:
        try:
            source = self._source(name, records)
        except RecordsRefusedError as error:
            for record in records:
                self._reject(record, error.problems[0])
            return
        records = self._pages_met(source, records)
        articles = [record for record in records if isinstance(record, ArticleRecord)]
        comments = [record for record in records if isinstance(record, CommentRecord)]
        with chunk_write():
            stored = articles_store(source=source, records=articles)
            # Replies that came before their parents are linked once, at the end.
            outcomes = comments_store(
                source=source, records=comments, link=False, untimed=self._untimed.setdefault(source.pk, set())
            )
        # Counted after the commit: an import may be stopped in the middle of a chunk.
        self._count_articles(articles, stored)
        self._count_comments(comments, outcomes)

    def _source(self, name: str, records: list[ArticleRecord | CommentRecord]) -> Source:
        articles = [article_of(record) for record in records]
        is_site = articles[0].site == name
        key = name if is_site else source_slug(name)
        if key not in self._sources:
            self._sources[key] = site_source(name, articles) if is_site else source_get_or_create(name=name)
        return self._sources[key]

    def _pages_met(
        self, source: Source, records: list[ArticleRecord | CommentRecord]
    ) -> list[ArticleRecord | CommentRecord]:
        """Reports each page met before under another address; with `join_addresses` its records join that page."""
        made: dict[int, ArticleRecord] = {}
        for record in records:
            article = article_of(record)
            if article.url and id(article) not in made:
                made[id(article)] = self._page_met(source, article)
        return [_with_article(record, made) for record in records if not _is_joined(record, made)]

    def _page_met(self, source: Source, article: ArticleRecord) -> ArticleRecord:
        book = self._books.get(source.pk) or self._books.setdefault(source.pk, AddressBook(source))
        met = book.first_met(article)
        if met is None:
            return article
        if book.is_first_time(article):
            self._tell(_same_page(article, met[1], joins=self._join))
        return joined(article, met[0]) if self._join else article

    def _count_articles(self, records: list[ArticleRecord], outcomes: list[ArticleOutcome]) -> None:
        for record, outcome in zip(records, outcomes, strict=True):
            self._count(self.counts.articles, outcome.outcome)
            if outcome.problems:
                self._reject(record, outcome.problems)

    def _count_comments(self, records: list[CommentRecord], outcomes: list[Outcome]) -> None:
        for record, outcome in zip(records, outcomes, strict=True):
            self._count(self.counts.comments, outcome.outcome)
            self.counts.erased += outcome.outcome == "erased"
            if outcome.article != "unchanged":
                self._count(self.counts.articles, outcome.article)
            if outcome.problems:
                self._reject(record, outcome.problems)

    @staticmethod
    def _count(counts: dict[str, int], outcome: str) -> None:
        if outcome in counts:
            counts[outcome] += 1

    def _reject(self, record: ArticleRecord | CommentRecord, problems: tuple[FieldProblem, ...]) -> None:
        """Reports the first problem: one line per record, as for those that the parser rejects."""
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
            self.counts.left_out.update(item.counts)
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


def article_of(record: ArticleRecord | CommentRecord) -> ArticleRecord:
    """Returns the article that a record is or belongs to."""
    return record.article if isinstance(record, CommentRecord) else record


def _with_article(
    record: ArticleRecord | CommentRecord, made: dict[int, ArticleRecord]
) -> ArticleRecord | CommentRecord:
    article = made.get(id(article_of(record)))
    if article is None or article is article_of(record):
        return record
    return replace(record, article=article) if isinstance(record, CommentRecord) else article


def _is_joined(record: ArticleRecord | CommentRecord, made: dict[int, ArticleRecord]) -> bool:
    """Says whether a record is an article that was joined to another one, whose text is kept."""
    return made.get(id(record), record) is not record


def _same_page(article: ArticleRecord, address: str, *, joins: bool) -> ImportIssue:
    done = "was joined with it" if joins else "--join-addresses makes one article of them"
    reason = f"its address leads to the same page as {address[:200]}: {done}"
    return ImportIssue(line=article.line, field="article.url", code="same_page", reason=reason, kept=True)


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yields `items` in lists of bounded length and bounded characters.

    Raises:
        StoppedError: the file broke off; everything before that has been yielded.
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
