"""Replies that arrive before their parent: remembered, linked when it arrives, and counted until then.

The reply's row holds the wanted parent's external id. Nothing depends on the order in which files are imported.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from django.db import connection, transaction

from archive.database.lookups import BulkLookup, Past, Wanting
from archive.models import Article, Comment, CommentQuerySet, Source
from archive.text import text_digest

WANTED = "parent_external_id"
_BATCH = 1000
_MAX_ID = Comment._meta.get_field("external_id").max_length or 255

REASONS = {
    "parent_missing": "the comment that it answers never came",
    "parent_elsewhere": "the comment that it answers stands under another article",
    "parent_cycle": "following the answers leads back to the comment itself",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reply without its parent; `code`, one of `REASONS`, says why."""

    external_id: str
    wanted: str
    code: str


@dataclass(slots=True)
class ParentReport:
    """The result of a pass over the waiting replies of a source; `waiting` counts by code."""

    linked: int = 0
    waiting: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Reply:
    pk: int
    article_id: int
    external_id: str
    wanted: str
    article: str

    @property
    def scoped(self) -> str:
        """The id that the parent has if another article of the source had the wanted id first."""
        return scoped_id(self.article, self.wanted)


def scoped_id(article: str, number: str) -> str:
    """Returns the id of a comment whose number is unique in its article only: prefixed with the article's id."""
    key = f"{article}:{number}"
    return key if len(key) <= _MAX_ID else text_digest(key)


def replies_waiting(source: Source) -> CommentQuerySet:
    """Returns the replies of a source that still wait for a parent."""
    return Comment.objects.filter(source=source).waiting()


def parents_link(
    *, source: Source, came: Collection[str] | None = None, tell: Callable[[Waiting], None] | None = None
) -> ParentReport:
    """Links every waiting reply of a source whose parent has arrived, and calls `tell` with each that is still waiting.

    With `came`, external ids of comments that have just arrived, considers only replies that wait for one of those: an
    index lookup for each. Runs in short transactions and holds one batch in memory at a time.
    """
    report = ParentReport()
    for batch in _all_waiting(source) if came is None else _wanting(source, came):
        links, left = _sorted_out(source, batch)
        _save(links)
        report.linked += len(links)
        for reply in left:
            report.waiting[reply.code] = report.waiting.get(reply.code, 0) + 1
            if tell:
                tell(reply)
    return report


def _all_waiting(source: Source) -> Iterator[list[_Reply]]:
    last = ("", 0)
    while batch := _replies(waiting_past(source, last)):
        yield batch
        last = (batch[-1].wanted, batch[-1].pk)


def waiting_past(source: Source, last: tuple[str, int]) -> CommentQuerySet:
    """Returns the next waiting replies by wanted id and own id, along their index, so that none is read twice."""
    return replies_waiting(source).filter(Past(WANTED, last)).order_by(WANTED, "pk")[:_BATCH]


def _wanting(source: Source, came: Collection[str]) -> Iterator[list[_Reply]]:
    keys = wanting_ids(source, came) if came else []
    for begin in range(0, len(keys), _BATCH):
        yield _replies(Comment.objects.filter(pk__in=keys[begin : begin + _BATCH]).order_by("pk"))


def wanting_ids(source: Source, came: Collection[str]) -> list[int]:
    """Returns the ids of the replies that may wait for one of these comments: `a2:1.1` may be wanted as `1.1` too."""
    wanted = {*came, *(number for key in came if (number := key.rpartition(":")[2]))}
    return list(Comment.objects.filter(Wanting(Comment, source, wanted)).order_by().values_list("pk", flat=True))


def _replies(rows: CommentQuerySet) -> list[_Reply]:
    """Reads replies. Articles are read separately: a join may lose the index order, and each batch would then sort."""
    read = list(rows.values_list("pk", "article_id", "external_id", WANTED))
    articles = dict(Article.objects.filter(pk__in={row[1] for row in read}).values_list("pk", "external_id"))
    return [_Reply(pk, article, key, wanted, articles[article]) for pk, article, key, wanted in read]


def _sorted_out(source: Source, batch: list[_Reply]) -> tuple[dict[int, int], list[Waiting]]:
    """Returns the links to make, child to parent, and the replies that are still waiting."""
    wanted = {key for reply in batch for key in (reply.wanted, reply.scoped)}
    rows = Comment.objects.filter(BulkLookup(Comment, source, wanted)).order_by()
    parents = {key: (pk, article) for key, pk, article in rows.values_list("external_id", "pk", "article_id")}
    tops = Tops(ancestors([pk for pk, _ in parents.values()]))
    links: dict[int, int] = {}
    waiting = []
    for reply in batch:
        parent, article = parents.get(reply.scoped) or parents.get(reply.wanted, (0, 0))
        if code := _hindrance(reply, parent, article, tops):
            waiting.append(Waiting(reply.external_id, reply.wanted, code))
        else:
            links[reply.pk] = parent
            tops.link(reply.pk, parent)
    return links, waiting


def _hindrance(reply: _Reply, parent: int, article: int, tops: "Tops") -> str:
    """Returns why a reply cannot have this parent (0: there is none), or an empty string."""
    if not parent:
        return "parent_missing"
    if article != reply.article_id:
        return "parent_elsewhere"
    # A waiting reply has no parent, so it can be an ancestor of its parent only as the top of that one's thread.
    return "parent_cycle" if tops.of(parent) == reply.pk else ""


class Tops:
    """Finds the topmost ancestor of a comment. Compresses the paths it walks, so a deep thread is walked once."""

    def __init__(self, parents: Mapping[int, int | None]) -> None:
        self._up = {child: parent for child, parent in parents.items() if parent is not None}

    def link(self, child: int, parent: int) -> None:
        """Links a comment that was a top to its parent."""
        self._up[child] = parent

    def of(self, comment: int) -> int:
        """Returns a comment's topmost ancestor, itself if it has none."""
        path = []
        while comment in self._up:
            path.append(comment)
            comment = self._up[comment]
        self._up.update(dict.fromkeys(path, comment))
        return comment


def ancestors(comments: list[int]) -> dict[int, int | None]:
    """Returns the parent of each of these comments and of all their ancestors, in one query."""
    if not comments:
        return {}
    table = connection.ops.quote_name(Comment._meta.db_table)
    marks = ", ".join(["%s"] * len(comments))
    # UNION, not UNION ALL: it ends even in a cycle. Only the table's name is interpolated.
    statement = (
        f"WITH RECURSIVE up(id, parent_id) AS (SELECT id, parent_id FROM {table} WHERE id IN ({marks})"  # noqa: S608
        f" UNION SELECT c.id, c.parent_id FROM {table} c JOIN up ON c.id = up.parent_id) SELECT id, parent_id FROM up"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, comments)
        return dict(cursor.fetchall())


def _save(links: Mapping[int, int]) -> None:
    """Writes links in the order of the replies' ids, so that concurrent imports never deadlock.

    `bulk_update` would build an expression per row, which takes longer than all the rest.
    """
    table = connection.ops.quote_name(Comment._meta.db_table)
    pairs = [(parent, child) for child, parent in sorted(links.items())]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET parent_id = %s WHERE id = %s", pairs)  # noqa: S608


def rings(parents: Mapping[int, int]) -> set[int]:
    """Returns the children that these links make their own ancestors."""
    found: set[int] = set()
    done: set[int] = set()
    for start in parents:
        path: dict[int, None] = {}
        at = start
        while at in parents and at not in done and at not in path:
            path[at] = None
            at = parents[at]
        if at in path:
            ring = list(path)
            found.update(ring[ring.index(at) :])
        done.update(path)
    return found
