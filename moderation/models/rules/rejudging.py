"""How far judging again has come, so that a run that was killed goes on where it stopped."""

from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moderation.models.rules.policy import PolicyVersion


class RejudgingQuerySet(models.QuerySet["Rejudging"]):
    """Reads of ranges."""

    def unfinished(self) -> Self:
        """Ranges that are not at their end."""
        return self.filter(finished_at=None)


class Rejudging(models.Model):
    """A range of comment ids whose reviews are judged again by one version of the policy.

    All up to `position` are done; it moves in the transaction that writes what changed. `judged`, `changed` and `moved`
    count verdicts, those that changed, and those that changed the comment's state with them.
    """

    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    position = models.BigIntegerField()
    judged = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveBigIntegerField(default=0)
    moved = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RejudgingQuerySet.as_manager()

    class Meta:
        verbose_name = _("re-judging")
        verbose_name_plural = _("re-judgings")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"comments {self.first_id} to {self.last_id} by policy {self.policy_id}: at {self.position}"
