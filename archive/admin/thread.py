"""An article's comments as a nested thread, with bounded reads: ids and parents first, then only what is shown.

Nesting is built in memory without recursion, because a chain of replies may exceed the recursion limit; the page shows
it as one flat list in reading order with a depth for each item.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import Q

from archive.excerpts import with_excerpt
from archive.models import Article, Comment, CommentQuerySet

MAX_READ = 2_000
MAX_SHOWN = 200
MAX_AROUND = 20
MAX_INDENT = 6

Pair = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class ThreadPlace:
    """A comment's place in a thread: `depth` counts the comments above it, 0 for one that answers the article."""

    id: int
    depth: int


@dataclass(frozen=True, slots=True)
class ThreadItem:
    """A comment and its depth."""

    comment: Comment
    depth: int

    @property
    def indent(self) -> int:
        """The indentation level, 0 to `MAX_INDENT`."""
        return min(self.depth, MAX_INDENT)


@dataclass(frozen=True, slots=True)
class Thread:
    """The part of a thread that a page shows; `complete` is true if nothing was left out."""

    items: tuple[ThreadItem, ...]
    complete: bool


def reading_order(pairs: Iterable[Pair]) -> list[ThreadPlace]:
    """Returns the places of comments, given as (id, parent id) in order of time: each reply below its parent.

    A comment whose parent is not among them has depth 0. Comments whose parents form a cycle, which only a broken
    import could store, are all kept: the earliest of them has depth 0.
    """
    pairs = list(pairs)
    known = {comment_id for comment_id, _ in pairs}
    replies: defaultdict[int | None, list[int]] = defaultdict(list)
    for comment_id, parent_id in pairs:
        replies[parent_id if parent_id in known else None].append(comment_id)
    seen: set[int] = set()
    beginnings = [*replies[None], *(comment_id for comment_id, _ in pairs)]
    return [place for beginning in beginnings for place in _below(beginning, replies, seen)]


def _below(beginning: int, replies: dict[int | None, list[int]], seen: set[int]) -> Iterator[ThreadPlace]:
    stack = [ThreadPlace(beginning, 0)]
    while stack:
        place = stack.pop()
        if place.id in seen:
            continue
        seen.add(place.id)
        yield place
        stack.extend(ThreadPlace(reply, place.depth + 1) for reply in reversed(replies.get(place.id, ())))


def thread_of(article: Article, comments: CommentQuerySet) -> Thread:
    """Returns the first comments of an article's thread, from `comments` with the caller's selected relations."""
    pairs = list(comments.thread(article).values_list("pk", "parent_id")[: MAX_READ + 1])
    places = reading_order(pairs[:MAX_READ])
    return Thread(_items(places[:MAX_SHOWN], comments), complete=len(pairs) <= MAX_SHOWN)


def thread_around(comment: Comment, comments: CommentQuerySet) -> Thread:
    """Returns the comments around `comment` in its article's thread, with up to `MAX_AROUND` of its ancestors."""
    pairs = _pairs_around(comment, comments)
    places = reading_order(pairs)
    at = next(index for index, place in enumerate(places) if place.id == comment.pk)
    near = places[max(0, at - MAX_AROUND) : at + MAX_AROUND + 1]
    above = _ancestors(comment, dict(pairs))
    shown = [place for place in places if place.id in above or place in near]
    return Thread(_items(shown, comments), complete=len(shown) == len(places) and len(pairs) < MAX_READ)


def _pairs_around(comment: Comment, comments: CommentQuerySet) -> list[Pair]:
    of_article = comments.filter(article_id=comment.article_id).values_list("pk", "parent_id")
    at = comment.created_at
    until = Q(created_at__lt=at) | Q(created_at=at, pk__lte=comment.pk)
    before = of_article.filter(until).order_by("-created_at", "-pk")[: MAX_READ // 2]
    after = of_article.exclude(until).order_by("created_at", "pk")[: MAX_READ // 2]
    return [*reversed(before), *after]


def _ancestors(comment: Comment, parents: dict[int, int | None]) -> set[int]:
    def chain() -> Iterator[int]:
        above = comment.parent_id
        while above is not None and above in parents:
            yield above
            above = parents[above]

    # Bounded, so that a cycle of parents ends and a long chain does not fill the page.
    return set(islice(chain(), MAX_AROUND))


def _items(places: list[ThreadPlace], comments: CommentQuerySet) -> tuple[ThreadItem, ...]:
    found = with_excerpt(comments).in_bulk([place.id for place in places])
    return tuple(ThreadItem(found[place.id], place.depth) for place in places if place.id in found)
