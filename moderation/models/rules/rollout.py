"""How a version of the policy is put on by degrees: what it may do, what it has done, what it would have done."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from archive.models import Comment
from moderation.models.rules.policy import PolicyStatus, PolicyVersion


class RolloutQuerySet(models.QuerySet["Rollout"]):
    """Reads of rollouts."""

    def braked(self) -> Self:
        """Those of versions that judge and whose brake is on."""
        judging = [PolicyStatus.ROLLOUT, PolicyStatus.ACTIVE]
        return self.filter(braked_at__isnull=False, policy__status__in=judging)


class Rollout(models.Model):
    """What belongs to one version of the policy since it left the draft.

    `percent` is its share of the comments while it rolls out. It is young for a day from `effective_at`, when it got
    the share it has; of that time `judged` counts the comments that it judged, `automatic` those on which it acted
    without a person. `failures` counts the comments on which it failed as a candidate. `braked_at`: since then its
    rules act through a person only. `braked_rules`: the ids of rules that do so because what they did was reverted.
    """

    policy = models.OneToOneField(PolicyVersion, on_delete=models.PROTECT, primary_key=True, related_name="rollout")
    percent = models.PositiveSmallIntegerField(default=0)
    effective_at = models.DateTimeField(null=True, blank=True)
    judged = models.PositiveBigIntegerField(default=0)
    automatic = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveBigIntegerField(default=0)
    braked_at = models.DateTimeField(null=True, blank=True)
    braked_rules = models.JSONField(default=list, blank=True)

    objects = RolloutQuerySet.as_manager()

    class Meta:
        verbose_name = _("rollout")
        verbose_name_plural = _("rollouts")

    def __str__(self) -> str:
        return f"rollout of policy {self.policy_id}"


class ShadowVerdict(models.Model):
    """What a candidate said about a comment beside the active version; it has no effect.

    `effective`: the comment was in the candidate's share, and its verdict took effect. There are so many rows at most
    as `services.verdicts.trial.candidate` says, the newest.
    """

    policy = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="+")
    revision = models.PositiveIntegerField()
    action = models.CharField(max_length=16)
    rule = models.CharField(max_length=100, blank=True, default="")
    active_action = models.CharField(max_length=16)
    active_rule = models.CharField(max_length=100, blank=True, default="")
    effective = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("shadow verdict")
        verbose_name_plural = _("shadow verdicts")
        constraints = [
            models.UniqueConstraint(fields=["policy", "comment", "revision"], name="shadow_verdict_one"),
        ]

    def __str__(self) -> str:
        return f"policy {self.policy_id} on comment {self.comment_id}: {self.action}"


class Reversion(models.Model):
    """The undoing of what one rule of one version did without a person.

    All comments up to `position` are done. `reverted` counts those that were changed back, `left` those that were not:
    something came after the rule. Its ledger rows share `batch`.
    """

    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=100)
    batch = models.UUIDField(unique=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    api_key = models.CharField(max_length=100, blank=True, default="")
    last_id = models.BigIntegerField()
    position = models.BigIntegerField(default=0)
    reverted = models.PositiveBigIntegerField(default=0)
    left = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("reversion")
        verbose_name_plural = _("reversions")
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "rule"], condition=Q(finished_at=None), name="reversion_one_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"rule {self.rule} of policy {self.policy_id} taken back: at {self.position}"
