"""Which comments a scoring run is about, as querysets that the database answers from its indexes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from archive.models import Comment, CommentQuerySet, Source
from moderation.models import Claim, ModelVersion, Score
from moderation.services.errors import invalid

# Ids in one step of a walk: what one query looks through at most.
WALK_IDS = 5_000


@dataclass(frozen=True, slots=True)
class IdRange:
    """A range of ids: above `after`, up to `until` (None: without end)."""

    after: int
    until: int | None

    def above(self, pk: int) -> Self:
        """Returns what is left of the range above an id."""
        return replace(self, after=pk)


@dataclass(frozen=True, slots=True)
class Selection:
    """The comments of a run.

    `walk` False: those nobody has scored, found through their partial index. `walk` True: all that lack a score of
    `model` for their present text, found by ranges of ids; where that model is `active`, the unscored ones too.
    `shard` is (i, n), i from 1: ids that leave i - 1 over n.
    """

    model: ModelVersion | None
    active: bool = True
    walk: bool = False
    since: datetime | None = None
    source: Source | None = None
    shard: tuple[int, int] | None = None

    def comments(self) -> CommentQuerySet:
        """Returns the comments that want a score, held by another run or not."""
        comments = self._unscored(Comment.objects.open())
        if self.since:
            comments = comments.filter(created_at__gte=self.since)
        if self.source:
            comments = comments.filter(source=self.source)
        return self._of_shard(comments)

    def within(self, span: IdRange) -> CommentQuerySet:
        """Returns the comments of one range of ids."""
        comments = self.comments().filter(pk__gt=span.after)
        return comments if span.until is None else comments.filter(pk__lte=span.until)

    def left_over(self) -> CommentQuerySet:
        """Returns what a run looks at again at its end: what came meanwhile, and what others held and let go."""
        if not self.walk:
            return self.comments()
        return self.comments().filter(Exists(Claim.objects.filter(comment=OuterRef("pk"))))

    def leases(self) -> QuerySet[Claim]:
        """Returns the leases on comments that want a score."""
        return self.claims().filter(set_aside_at=None, lease_until__isnull=False)

    def claims(self) -> QuerySet[Claim]:
        """Returns every claim on comments that want a score: leases, and those that were set aside."""
        return Claim.objects.filter(Exists(self.comments().filter(pk=OuterRef("comment_id"))))

    def spans(self) -> Iterator[IdRange]:
        """Yields the ranges of ids to go through: one without end, or steps of a walk up to the last id there is."""
        if not self.walk:
            yield IdRange(0, None)
            return
        last = Comment.objects.aggregate(last=Max("pk"))["last"] or 0
        for after in range(0, last, WALK_IDS):
            yield IdRange(after, after + WALK_IDS)

    def _unscored(self, comments: CommentQuerySet) -> CommentQuerySet:
        if not self.walk:
            return comments.unscored()
        lacking = ~Exists(self._scored())
        return comments.filter(lacking | Q(taken_revision__lt=F("revision")) if self.active else lacking)

    def _scored(self) -> QuerySet[Score]:
        scores = Score.objects.filter(comment=OuterRef("pk"), revision=OuterRef("revision"))
        return scores.filter(model=self.model) if self.model else scores.none()

    def _of_shard(self, comments: CommentQuerySet) -> CommentQuerySet:
        if self.shard is None:
            return comments
        number, count = self.shard
        return comments.alias(remainder=F("pk") % count).filter(remainder=number - 1)


def source_named(slug: str) -> Source:
    """Returns the source of that slug or name; refuses an unknown one by field."""
    source = Source.objects.filter(slug=slug).first() or Source.objects.filter(name=slug).first()
    if source is None:
        raise invalid("/source", f"There is no source named {slug}.")
    return source
