"""An appeal: somebody complains about a decision, and another person decides whether it stands."""

from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from archive.models import Comment
from moderation.models.decision import Decision


class AppealOutcome(models.TextChoices):
    """What became of an appeal."""

    OPEN = "", _("open")
    UPHELD = "upheld", _("the decision stands")
    OVERTURNED = "overturned", _("the decision was overturned")
    DROPPED = "dropped", _("fell away, because the comment was erased")


class AppealQuerySet(models.QuerySet["Appeal"]):
    """Reads of appeals."""

    def in_sources(self, sources: Collection[int]) -> Self:
        """Appeals about comments of these sources, given by id; all appeals if `sources` is empty."""
        return self.filter(comment__source__in=sources) if sources else self.all()

    def open(self) -> Self:
        """Appeals that nobody has decided."""
        return self.filter(outcome=AppealOutcome.OPEN)

    def closed(self) -> Self:
        """Appeals that are decided or fell away."""
        return self.exclude(outcome=AppealOutcome.OPEN)

    def decided_between(self, begin: datetime, end: datetime) -> Self:
        """Appeals that a person decided at `begin` or later and before `end`."""
        ruled = self.filter(outcome__in=(AppealOutcome.UPHELD, AppealOutcome.OVERTURNED))
        return ruled.filter(decided_at__gte=begin, decided_at__lt=end)


class Appeal(models.Model):
    """A complaint about one decision, with what the person who made it is told.

    `appellant` is the source's own id of who complains; `answer` is the reason that they are given; `ruling` is the
    ledger's row, null while the appeal is open. `callback_url` gets the outcome beside the source's webhook targets.
    """

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="appeals")
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="appeals")
    text = models.TextField(blank=True, default="")
    appellant = models.CharField(max_length=255, blank=True, default="")
    callback_url = models.CharField(max_length=2000, blank=True, default="")
    api_key = models.CharField(max_length=100, blank=True, default="")
    made_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=10, choices=AppealOutcome, blank=True, default=AppealOutcome.OPEN)
    answer = models.TextField(blank=True, default="")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    ruling = models.OneToOneField(Decision, on_delete=models.PROTECT, null=True, related_name="ruled")

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("noun", "appeal")
        verbose_name_plural = _("appeals")
        ordering = ["id"]
        permissions = [("decide_appeal", "Can decide appeals")]
        constraints = [
            models.UniqueConstraint(fields=["decision"], condition=Q(outcome=""), name="appeal_one_open"),
        ]
        indexes = [
            models.Index(fields=["outcome", "id"], name="appeal_outcome"),
            models.Index(fields=["decided_at"], name="appeal_decided"),
        ]

    def __str__(self) -> str:
        return f"appeal {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided it."""
        return self.outcome == AppealOutcome.OPEN
