"""Webhook targets, and the deliveries of decisions to them."""

from datetime import datetime
from typing import Self
from uuid import uuid4

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from archive.database.clock import lease_ended
from archive.models import Source
from moderation.models.decision import Action, Decision, DecisionKind

# The lease of one attempt to send.
LEASE_SECONDS = 120
# Kinds of decisions that have a type of event of their own; of all others the event is DECIDED.
DECIDED = "decision.created"
APPEAL_DECIDED = "appeal.decided"
EVENTS = {DecisionKind.UNDO: "decision.undone", DecisionKind.APPEAL: APPEAL_DECIDED}
# Erasures tell the site to erase what it has itself.
COMMENT_ERASED, COMMENTER_ERASED = "comment.erased", "commenter.erased"


class WebhookTarget(models.Model):
    """A URL that receives decisions. `sources` limits which; none means all.

    The secret is not stored: it is derived from SECRET_KEY and `salt`, and `mark` tells whether that still yields the
    secret that was shown. `previous_salt` also signs, until `previous_until`, while the receiver switches over.
    `failing_since` is when the current run of failures began; `paused_until` is when the URL is tried again.
    """

    url = models.URLField(max_length=2000)
    sources = models.ManyToManyField(Source, blank=True, related_name="+")
    salt = models.CharField(max_length=64)
    mark = models.CharField(max_length=64)
    previous_salt = models.CharField(max_length=64, blank=True, default="")
    previous_until = models.DateTimeField(null=True, blank=True)
    active = models.BooleanField(default=True)
    disabled_because = models.CharField(max_length=200, blank=True, default="")
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("webhook target")
        verbose_name_plural = _("webhook targets")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"webhook target {self.pk}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Reads of deliveries."""

    def open(self) -> Self:
        """Deliveries that have neither arrived nor been given up."""
        return self.filter(delivered_at=None, given_up_at=None)

    def due(self, now: datetime) -> Self:
        """Open deliveries that are due and that nobody is sending, oldest first.

        A delivery waits for an earlier one about the same comment or commenter, so that an undo never overtakes.
        """
        free = Q(lease_until=None) | lease_ended("lease_until", now, LEASE_SECONDS)
        due = self.open().filter(free, next_attempt_at__lte=now)
        return due.exclude(_earlier("comment")).exclude(_earlier("commenter")).order_by("next_attempt_at", "id")


def _earlier(about: str) -> Exists:
    """Says whether the target has an earlier open delivery about the same comment or commenter."""
    same = {f"decision__{about}": OuterRef(f"decision__{about}"), "decision__lt": OuterRef("decision")}
    return Exists(Delivery.objects.open().filter(target=OuterRef("target"), **same))


class Delivery(models.Model):
    """The delivery of one decision to one target.

    `message` is the `webhook-id`, the same for each attempt. `lease` identifies the current attempt, until
    `lease_until`; `status` is the last response's, null if there was none. `url` is the address that an appeal asked to
    be called back at, of the target's own origin; empty for the target's own address.
    """

    target = models.ForeignKey(WebhookTarget, on_delete=models.CASCADE, related_name="deliveries")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="deliveries")
    url = models.CharField(max_length=2000, blank=True, default="")
    message = models.UUIDField(default=uuid4)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=500, blank=True, default="")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [models.UniqueConstraint(fields=["target", "decision", "url"], name="delivery_once")]
        indexes = [
            models.Index(
                fields=["target", "next_attempt_at", "id"],
                condition=Q(delivered_at__isnull=True, given_up_at__isnull=True),
                name="delivery_open",
            ),
            models.Index(fields=["delivered_at"], name="delivery_delivered"),
        ]

    def __str__(self) -> str:
        return f"delivery of decision {self.decision_id}"

    @property
    def event(self) -> str:
        """The event's type: an undo and an erasure have their own."""
        if self.decision.action == Action.ERASE:
            return COMMENT_ERASED if self.decision.comment_id else COMMENTER_ERASED
        return EVENTS.get(DecisionKind(self.decision.kind), DECIDED)
