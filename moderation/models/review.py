"""A comment's review: its state, the current verdict, and who holds it."""

from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from archive.database.clock import lease_ended, lease_limit, lease_stands
from archive.models import Article, Comment, Source
from moderation.models.people.team import HandOver
from moderation.models.rules.policy import PolicyVersion
from moderation.models.score import AttributeScores, Score


class State(models.TextChoices):
    """The states of a comment with a review; one without, or edited since, is unscored."""

    PASSED = "passed", _("passed")
    PENDING = "pending", _("pending")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    DEFERRED = "deferred", _("deferred")
    ESCALATED = "escalated", _("escalated")
    CLOSED = "closed", _("closed")


class DecidedBy(models.TextChoices):
    """Who or what set the current state."""

    NOBODY = "", _("nobody")
    PERSON = "person", _("a person")
    POLICY = "policy", _("the policy")
    IMPORT = "import", _("the import")


class QueueName(models.TextChoices):
    """The desk's queues. `unscored` is not among them: its rows are comments (`Comment.objects.unscored()`)."""

    PENDING = "pending", _("pending")
    HELD = "held", _("held")
    DEFERRED = "deferred", _("deferred")
    ESCALATED = "escalated", _("escalated")
    REPORTED = "reported", _("flagged by readers")
    HIGHLIGHTED = "highlighted", _("highlighted")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    BY_POLICY = "by_policy", _("decided by policy")
    PASSED = "passed", _("passed")


WAITING_STATES = (State.PENDING, State.DEFERRED, State.ESCALATED)
# Reported comments stay in their queue until a person has approved or rejected them. Negated on purpose: given a
# positive condition on the state, a planner would use an index on the state instead of the small one of reports.
UNSEEN = ~Q(state__in=[State.REJECTED, State.CLOSED]) & ~Q(Q(state=State.APPROVED) & ~Q(decided_by=DecidedBy.POLICY))
IN_VIEW = {
    QueueName.PENDING: Q(state=State.PENDING),
    QueueName.HELD: Q(held=True),
    QueueName.DEFERRED: Q(state=State.DEFERRED),
    QueueName.ESCALATED: Q(state=State.ESCALATED),
    QueueName.REPORTED: Q(reader_flags__gt=0) & UNSEEN,
    QueueName.HIGHLIGHTED: Q(highlighted=True),
    QueueName.APPROVED: Q(state=State.APPROVED),
    QueueName.REJECTED: Q(state=State.REJECTED),
    QueueName.BY_POLICY: Q(decided_by=DecidedBy.POLICY),
    QueueName.PASSED: Q(state=State.PASSED),
}
# Queues that are no state have small indexes of their own, one an order: queue → which reviews these hold.
INDEXED_APART = {
    QueueName.HELD: Q(held=True),
    QueueName.REPORTED: Q(reader_flags__gt=0),
    QueueName.HIGHLIGHTED: Q(highlighted=True),
    QueueName.BY_POLICY: Q(decided_by=DecidedBy.POLICY.value),
}


def hold_ended(now: datetime) -> Q:
    """Selects the holds that have ended at `now`, including any dated further ahead than a hold can be."""
    return lease_ended("holder_until", now, settings.MODERATION_HOLD_SECONDS)


class ReviewQuerySet(models.QuerySet["Review"]):
    """Reads of reviews."""

    def in_sources(self, sources: Collection[int]) -> Self:
        """Reviews of these sources, given by id; all reviews if `sources` is empty."""
        return self.filter(source__in=sources) if sources else self.all()

    def for_view(self, view: str) -> Self:
        """Reviews in one of the desk's queues. Raises ValueError if `view` is not a value of `QueueName`."""
        return self.filter(IN_VIEW[QueueName(view)])

    def lacking_facts(self, edition: int) -> Self:
        """Reviews whose facts were made before `edition` (`facts_edition`), but for closed ones, which need none."""
        old = Q(facts_edition=None) | Q(facts_edition__lt=edition)
        return self.filter(old).exclude(state=State.CLOSED)

    def current(self) -> Self:
        """Reviews of a comment's current text; those of a comment edited since are about an older text.

        Looks up the few that are not current in a partial index, and reads no comment's row.
        """
        return self.exclude(Exists(Comment.objects.unscored().filter(pk=OuterRef("comment_id"))))

    def free(self, now: datetime) -> Self:
        """Reviews that nobody holds at `now`."""
        return self.filter(Q(holder=None) | hold_ended(now))

    def not_kept_from(self, user: User) -> Self:
        """Reviews of comments that were not handed to somebody else than `user`."""
        kept = HandOver.objects.to_others(user).filter(comment=OuterRef("comment_id"))
        return self.exclude(Exists(kept))

    def handed_to(self, user: User) -> Self:
        """Reviews of comments that were handed to `user` and that they have still to decide on."""
        own = HandOver.objects.standing().filter(taker=user)
        return self.filter(comment__in=own.values("comment")).exclude(state=State.CLOSED)

    def held_by(self, user: User, now: datetime) -> Self:
        """Reviews that `user` holds at `now`."""
        return self.filter(lease_stands("holder_until", now, settings.MODERATION_HOLD_SECONDS), holder=user)

    def flagged(self) -> Self:
        """Reviews whose current verdict flags the comment, including decided ones."""
        return self.filter(flagged=True)

    def queued(self) -> Self:
        """Reviews that wait for a person."""
        return self.filter(state__in=[State.PENDING, State.ESCALATED])


class Review(AttributeScores):
    """One per scored comment. The verdict is replaced freely; only people change what a person decided.

    `risk` is the largest score ÷ threshold over the policy's conditions; `uncertainty` is 1 at a threshold and falls to
    0 away from it. `state_version` increases with each change of state, so that a stale decision is detected. `facts`
    holds the features that judging again needs without reading the text. `review_probability` is the probability with
    which the comment was selected for review. The attributes are copies of those of `score`, for the index that selects
    pending reviews by score.

    `near_hash` is a copy of the fact, null for a text without a word, for the index that finds repeats.
    `facts_edition` says which facts there are: null if they were stored before capitals, repeats and word lists were,
    else the newest `WordListVersion` (by id, 0 without lists) that the text was matched with. `replaced` is what the
    review was before the policy decided it without a person, so that that can be taken back; null if it was not scored
    before.
    """

    comment = models.OneToOneField(Comment, on_delete=models.CASCADE, primary_key=True, related_name="review")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=State)
    state_version = models.PositiveIntegerField(default=1)
    held = models.BooleanField(default=False)
    highlighted = models.BooleanField(default=False)
    flagged = models.BooleanField(default=False)
    risk = models.FloatField(default=0.0)
    uncertainty = models.FloatField(default=0.0)
    score = models.ForeignKey(Score, on_delete=models.SET_NULL, null=True, related_name="+")
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, null=True, related_name="+")
    verdict = models.JSONField(default=dict)
    replaced = models.JSONField(null=True, blank=True)
    facts = models.JSONField(default=dict)
    near_hash = models.CharField(max_length=16, null=True, blank=True)
    facts_edition = models.PositiveBigIntegerField(null=True, blank=True)
    sampled = models.BooleanField(default=False)
    review_probability = models.FloatField(default=1.0)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="held_reviews"
    )
    holder_until = models.DateTimeField(null=True, blank=True)
    deferred_until = models.DateTimeField(null=True, blank=True)
    reader_flags = models.PositiveIntegerField(default=0)
    decided_by = models.CharField(max_length=8, choices=DecidedBy, default=DecidedBy.NOBODY, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        indexes = [
            models.Index(fields=["state", "created_at", "comment"], name="review_state_created"),
            models.Index(fields=["state", "risk", "comment"], name="review_state_risk"),
            models.Index(fields=["state", "uncertainty", "comment"], name="review_state_uncertainty"),
            models.Index(fields=["source", "state", "created_at", "comment"], name="review_source_state_created"),
            models.Index(fields=["source", "state", "risk", "comment"], name="review_source_state_risk"),
            models.Index(fields=["source", "state", "uncertainty", "comment"], name="review_source_state_uncertain"),
            models.Index(fields=["created_at", "comment"], condition=Q(flagged=True), name="review_flagged_created"),
            models.Index(fields=["risk", "comment"], condition=Q(flagged=True), name="review_flagged_risk"),
            models.Index(fields=["article", "comment"], name="review_article"),
            models.Index(
                fields=["source", "near_hash", "created_at", "comment"],
                condition=Q(near_hash__isnull=False),
                name="review_near_hash",
            ),
            models.Index(fields=["facts_edition"], name="review_facts_edition"),
            models.Index(fields=["holder"], condition=Q(holder__isnull=False), name="review_holder"),
            models.Index(fields=["deferred_until"], condition=Q(state="deferred"), name="review_deferred"),
            # Covers what deciding by score reads of pending reviews, so that no row is fetched. The state comes first
            # although there is only one: SQLite prefers an index whose first column has an equality condition.
            models.Index(
                fields=["state", "source", *AttributeScores.ATTRIBUTES, "score", "state_version", "comment"],
                condition=Q(state="pending"),
                name="review_pending_scores",
            ),
            *(
                models.Index(fields=[order, "comment"], condition=condition, name=f"review_{queue.value}_{short}")
                for queue, condition in INDEXED_APART.items()
                for order, short in (("created_at", "created"), ("risk", "risk"), ("uncertainty", "uncertain"))
            ),
        ]

    def is_held(self, now: datetime) -> bool:
        """Says whether somebody holds the comment at `now`; a hold without an end never expires."""
        if self.holder_id is None or self.holder_until is None:
            return self.holder_id is not None
        return now < self.holder_until <= lease_limit(now, settings.MODERATION_HOLD_SECONDS)

    def score_take(self, score: Score | None) -> None:
        """Sets the score and copies its attributes."""
        self.score = score
        for name, value in (score.columns() if score else dict.fromkeys(self.ATTRIBUTES)).items():
            setattr(self, name, value)

    def __str__(self) -> str:
        return f"review of comment {self.comment_id}: {self.state}"
