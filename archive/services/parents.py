"""Replies whose parent was not there when they came: remembered, linked when it comes, and counted while it does not.

The wanted parent's external id stands in the reply's row. Nothing depends on the order in which files come in.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from django.db import connection, transaction

from archive.models import Comment, CommentQuerySet, Source
from archive.services.keys import Known, OneOf
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
    """A reply without its parent, and why: `code` is one of `REASONS`."""

    external_id: str
    wanted: str
    code: str


@dataclass(slots=True)
class ParentReport:
    """What a pass over the waiting replies of a source came to; `waiting` counts by code."""

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
        """The wanted id as it is where another article of the source had it first."""
        return scoped_id(self.article, self.wanted)


def scoped_id(article: str, number: str) -> str:
    """Returns the id of a comment whose number is only its article's: with the article's id before it."""
    key = f"{article}:{number}"
    return key if len(key) <= _MAX_ID else text_digest(key)


def replies_waiting(source: Source) -> CommentQuerySet:
    """Returns the replies of a source that still want a parent."""
    return Comment.objects.filter(source=source).waiting()


def parents_link(
    *, source: Source, came: Collection[str] | None = None, tell: Callable[[Waiting], None] | None = None
) -> ParentReport:
    """Links every waiting reply of a source whose parent has come, and tells of each that goes on waiting.

    With `came`, external ids of comments that have just come, only replies that want one of those are looked at: one
    probe of an index where there are none. Runs in short transactions and holds a batch in memory at a time.
    """
    report = ParentReport()
    if came is not None and not came:
        return report
    waiting = replies_waiting(source)
    if came is not None:
        waiting = waiting.filter(OneOf("parent_external_id", _wanted_ids(came)))
    for batch in _batches(waiting):
        links, left = _sorted_out(source, batch)
        _save(links)
        report.linked += len(links)
        for reply in left:
            report.waiting[reply.code] = report.waiting.get(reply.code, 0) + 1
            if tell:
                tell(reply)
    return report


def _wanted_ids(came: Collection[str]) -> set[str]:
    """Returns the ids under which replies may want these comments: `a2:1.1` is wanted as `1.1` too."""
    return {*came, *(number for key in came if (number := key.rpartition(":")[2]))}


def _batches(replies: CommentQuerySet) -> Iterator[list[_Reply]]:
    last = 0
    waiting = replies.order_by("pk")
    while True:
        columns = ("pk", "article_id", "external_id", WANTED, "article__external_id")
        batch = [_Reply(*row) for row in waiting.filter(pk__gt=last).values_list(*columns)[:_BATCH]]
        if not batch:
            return
        yield batch
        last = batch[-1].pk


def _sorted_out(source: Source, batch: list[_Reply]) -> tuple[dict[int, int], list[Waiting]]:
    """Returns the links to make, child to parent, and the replies that go on waiting."""
    wanted = {key for reply in batch for key in (reply.wanted, reply.scoped)}
    rows = Comment.objects.filter(Known(Comment, source, wanted))
    parents = {key: (pk, article) for key, pk, article in rows.values_list("external_id", "pk", "article_id")}
    above = ancestors([pk for pk, _ in parents.values()])
    links: dict[int, int] = {}
    waiting = []
    for reply in batch:
        parent, article = parents.get(reply.scoped) or parents.get(reply.wanted, (0, 0))
        if code := _hindrance(reply, parent, article, lambda at: links.get(at) or above.get(at)):
            waiting.append(Waiting(reply.external_id, reply.wanted, code))
        else:
            links[reply.pk] = parent
    return links, waiting


def _hindrance(reply: _Reply, parent: int, article: int, up: Callable[[int], int | None]) -> str:
    """Returns why a reply cannot have this parent (0: there is none), or an empty string."""
    if not parent:
        return "parent_missing"
    if article != reply.article_id:
        return "parent_elsewhere"
    at: int | None = parent
    while at is not None and at != reply.pk:
        at = up(at)
    return "parent_cycle" if at == reply.pk else ""


def ancestors(comments: list[int]) -> dict[int, int | None]:
    """Returns the parent of each of these comments and of everything above them, in one query."""
    if not comments:
        return {}
    table = connection.ops.quote_name(Comment._meta.db_table)
    marks = ", ".join(["%s"] * len(comments))
    # UNION, not UNION ALL: it ends even in a ring. Only the table's name is written into the statement.
    statement = (
        f"WITH RECURSIVE up(id, parent_id) AS (SELECT id, parent_id FROM {table} WHERE id IN ({marks})"  # noqa: S608
        f" UNION SELECT c.id, c.parent_id FROM {table} c JOIN up ON c.id = up.parent_id) SELECT id, parent_id FROM up"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, comments)
        return dict(cursor.fetchall())


def _save(links: Mapping[int, int]) -> None:
    with transaction.atomic():
        rows = [Comment(pk=child, parent_id=parent) for child, parent in links.items()]
        Comment.objects.bulk_update(rows, ["parent"], batch_size=200)


def rings(parents: Mapping[int, int]) -> set[int]:
    """Returns the children that are their own ancestors, by these links alone."""
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
