"""Which comments a scoring run covers, as querysets that the database serves from its indexes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from archive.models import Comment, CommentQuerySet, Source
from moderation.models import Claim, Score
from moderation.services.errors import invalid
from moderation.services.model_versions import ModelsInUse

# Ids per step of a walk: the most that one query scans.
WALK_IDS = 5_000


@dataclass(frozen=True, slots=True)
class IdRange:
    """A range of ids: greater than `after`, up to and including `until` (None: no upper bound)."""

    after: int
    until: int | None

    def above(self, pk: int) -> Self:
        """Returns the rest of the range, above an id."""
        return replace(self, after=pk)

    def of(self, comments: CommentQuerySet) -> CommentQuerySet:
        """Returns those of the comments that are in the range."""
        comments = comments.filter(pk__gt=self.after)
        return comments if self.until is None else comments.filter(pk__lte=self.until)


@dataclass(frozen=True, slots=True)
class Selection:
    """The comments of a run.

    Without `walk`: the unscored comments, found through their partial index. With `walk`: all that lack a score of
    their current text by the one of the `models` that its language goes to, found by ranges of ids, plus the unscored
    ones if these models are `active`.
    `shard` is (i, n), i from 1: the ids with id % n == i - 1. `span` and `ids` limit it to a part of a larger run.
    """

    models: ModelsInUse | None
    active: bool = True
    walk: bool = False
    since: datetime | None = None
    source: Source | None = None
    shard: tuple[int, int] | None = None
    span: IdRange | None = None
    ids: tuple[int, ...] = ()

    def comments(self) -> CommentQuerySet:
        """Returns the comments that need a score, whether or not another run holds them."""
        comments = self._unscored(Comment.objects.open())
        if self.since:
            comments = comments.filter(created_at__gte=self.since)
        if self.source:
            comments = comments.filter(source=self.source)
        if self.ids:
            comments = comments.filter(pk__in=self.ids)
        comments = self._of_shard(comments)
        return self.span.of(comments) if self.span else comments

    def within(self, span: IdRange) -> CommentQuerySet:
        """Returns the comments of one range of ids."""
        return span.of(self.comments())

    def left_over(self) -> CommentQuerySet:
        """Returns what to look at once more at the end: comments that arrived meanwhile or that other runs released."""
        if not self.walk:
            return self.comments()
        return self.comments().filter(Exists(Claim.objects.filter(comment=OuterRef("pk"))))

    def leases(self) -> QuerySet[Claim]:
        """Returns the leases on comments that need a score."""
        return self.claims().filter(set_aside_at=None, lease_until__isnull=False)

    def claims(self) -> QuerySet[Claim]:
        """Returns all claims on comments that need a score: leases, and comments set aside."""
        return Claim.objects.filter(Exists(self.comments().filter(pk=OuterRef("comment_id"))))

    def spans(self) -> Iterator[IdRange]:
        """Yields the ranges of ids to go through: one unbounded range, or the steps of a walk up to the last id."""
        if not self.walk:
            yield IdRange(0, None)
            return
        first = self.span.after if self.span else 0
        last = self.span.until if self.span else None
        last = last or Comment.objects.aggregate(last=Max("pk"))["last"] or 0
        for after in range(first, last, WALK_IDS):
            yield IdRange(after, after + WALK_IDS)

    def _unscored(self, comments: CommentQuerySet) -> CommentQuerySet:
        if not self.walk:
            return comments.unscored()
        lacking = ~Exists(self._scored())
        return comments.filter(lacking | Q(taken_revision__lt=F("revision")) if self.active else lacking)

    def _scored(self) -> QuerySet[Score]:
        """Returns the scores that count. What was scored in a language that now goes to another model does not."""
        scores, counting = Score.objects.filter(comment=OuterRef("pk"), revision=OuterRef("revision")), Q(pk__in=())
        for row in self.models.rows if self.models else ():
            counting |= Q(model=row) & ~Q(language__in=self.models.languages_elsewhere(row) if self.models else ())
        return scores.filter(counting)

    def _of_shard(self, comments: CommentQuerySet) -> CommentQuerySet:
        if self.shard is None:
            return comments
        number, count = self.shard
        return comments.alias(remainder=F("pk") % count).filter(remainder=number - 1)


def source_find(slug: str) -> Source:
    """Returns the source with that slug or name; raises ServiceError at `/source` if there is none."""
    source = Source.objects.filter(slug=slug).first() or Source.objects.filter(name=slug).first()
    if source is None:
        raise invalid("/source", f"There is no source named {slug}.")
    return source
