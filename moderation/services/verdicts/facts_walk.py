"""Makes the facts that older reviews lack, and the hits of lists that changed since, range by range of ids.

A review says by `facts_edition` what it has, so that a walk that was stopped goes on where it was, and one that is run
twice does nothing the second time. No verdict changes: judging again is another walk.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max, Min, QuerySet

from archive.models import Comment, Source
from moderation.models import Review, WordListVersion
from moderation.policies import Policy, facts_needed, lists_needed
from moderation.services.states.locking import lock_comments, lock_reviews
from moderation.services.verdicts.features import batch_facts
from moderation.services.word_lists.matching import lists_edition

# Reviews in one transaction.
CHUNK = 500
WRITTEN = ("facts", "near_hash", "facts_edition")
# Facts that every review has.
FIRST_FACTS = {"links", "length"}


@dataclass(frozen=True, slots=True)
class FactsLacking:
    """How many reviews lack what: `texts` those that no list was ever matched with, nor capitals and repeats counted.

    `lists` is list → how many reviews were not matched with its current version; those of `texts` are among them.
    """

    reviews: int
    texts: int
    lists: dict[str, int]

    @property
    def any(self) -> bool:
        """Whether any review lacks anything."""
        return bool(self.texts or any(self.lists.values()))


@dataclass(slots=True)
class WalkReport:
    """What a walk has done: reviews to do at its start, done, and skipped because the text changed meanwhile."""

    total: int
    done: int = 0
    changed: int = 0
    stopped: bool = False


def facts_lacking() -> FactsLacking:
    """Returns how many reviews lack facts, or hits of a list's current version. A query a list, through an index."""
    reviews = Review.objects.all()
    return FactsLacking(
        reviews=reviews.count(),
        texts=reviews.lacking_facts(0).count(),
        lists={name: reviews.lacking_facts(edition).count() for name, edition in list_editions().items()},
    )


def policy_lacking(policy: Policy) -> FactsLacking:
    """Returns how many reviews lack facts that the policy's rules read, or hits of lists that they name."""
    reviews, editions = Review.objects.all(), list_editions()
    return FactsLacking(
        reviews=reviews.count(),
        texts=reviews.lacking_facts(0).count() if late_facts_needed(policy) else 0,
        lists={name: reviews.lacking_facts(editions[name]).count() for name in lists_known(policy, editions)},
    )


def list_editions() -> dict[str, int]:
    """Returns word list → the edition of its current version, in the order of the names."""
    newest = WordListVersion.objects.order_by("list__name").values_list("list__name").annotate(Max("pk"))
    return dict(newest)


def lists_known(policy: Policy, editions: Collection[str]) -> list[str]:
    """Returns the lists that the policy's rules name, of those that there are."""
    return sorted(lists_needed(policy) & set(editions))


def late_facts_needed(policy: Policy) -> bool:
    """Returns whether its rules read a fact that older reviews may lack."""
    return bool(facts_needed(policy) - FIRST_FACTS or lists_needed(policy))


def facts_make(
    *,
    source: Source | None = None,
    first: int = 0,
    last: int | None = None,
    progress: Callable[[WalkReport], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> WalkReport:
    """Makes the facts of reviews that lack any, of comments with ids from `first` to `last`; returns what it did.

    `progress` is called after each chunk; before each `stop` is asked, and ends the walk. Each chunk is a transaction.
    """
    edition = lists_edition()
    lacking = _within(Review.objects.lacking_facts(edition), source, first, last)
    report = WalkReport(total=lacking.count())
    for ids in _chunks(lacking):
        if stop and stop():
            report.stopped = True
            break
        _make(ids, report)
        if progress:
            progress(report)
    return report


def _within(reviews: QuerySet[Review], source: Source | None, first: int, last: int | None) -> QuerySet[Review]:
    reviews = reviews.filter(source=source) if source else reviews
    reviews = reviews.filter(pk__gte=first) if first else reviews
    return reviews if last is None else reviews.filter(pk__lte=last)


def _chunks(lacking: QuerySet[Review]) -> Iterator[list[int]]:
    """Yields the ids in order, each once: what is skipped is left to the next walk."""
    bounds = lacking.aggregate(first=Min("pk"), last=Max("pk"))
    after = (bounds["first"] or 1) - 1
    while ids := list(
        lacking.filter(pk__gt=after, pk__lte=bounds["last"] or 0).order_by("pk").values_list("pk", flat=True)[:CHUNK]
    ):
        yield ids
        after = ids[-1]


@transaction.atomic
def _make(ids: list[int], report: WalkReport) -> None:
    """Makes the facts of one chunk; comments are locked before reviews, as everywhere."""
    lock_comments(ids)
    comments = {one.pk: one for one in Comment.objects.filter(pk__in=ids)}
    reviews = lock_reviews(ids)
    current = [one for pk, one in comments.items() if _is_of(reviews[pk], one)]
    made = batch_facts(comments=current, languages={one.pk: _language(reviews[one.pk]) for one in current})
    for one in current:
        review, facts = reviews[one.pk], made[one.pk]
        review.facts = {**review.facts, **facts.as_json(one.text_hash)}
        review.near_hash, review.facts_edition = facts.features.near_hash or None, facts.edition
    Review.objects.bulk_update([reviews[one.pk] for one in current], WRITTEN, batch_size=CHUNK)
    report.done += len(current)
    report.changed += len(ids) - len(current)


def _is_of(review: Review, comment: Comment) -> bool:
    """Whether the review is about the comment's text as it is now, and the comment still has one."""
    facts: dict[str, Any] = review.facts
    return facts.get("text_hash") == comment.text_hash and comment.erased_at is None


def _language(review: Review) -> str:
    return review.score.language if review.score else review.facts.get("language", "")
