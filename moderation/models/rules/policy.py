"""The newsroom's policy: immutable versions, one of them active."""

from django.conf import settings
from django.db import models
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PolicyStatus(models.TextChoices):
    """How far a version has come; only one is active."""

    DRAFT = "draft", _("draft")
    SHADOW = "shadow", _("in shadow")
    ROLLOUT = "rollout", _("rolling out")
    ACTIVE = "active", _("active")
    RETIRED = "retired", _("retired")


# A version that is tried beside the active one; there is one at a time.
CANDIDATES = (PolicyStatus.SHADOW, PolicyStatus.ROLLOUT)


class PolicyVersion(models.Model):
    """One version of the policy; `body` is its JSON form, `sha256` the hash of that with keys sorted.

    Nothing of it changes but its status; `active` says the same as the status `active`, for the index. Who activated
    it, and when, is of the last time.
    """

    version = models.PositiveIntegerField(unique=True)
    body = models.JSONField()
    sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=500, blank=True, default="")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    active = models.BooleanField(default=False)
    status = models.CharField(_("status"), max_length=8, choices=PolicyStatus, default=PolicyStatus.DRAFT)
    activated_at = models.DateTimeField(null=True, blank=True)
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering = ["-version"]
        permissions = [
            ("change_policy", "Can write policies"),
            ("activate_policy", "Can activate policies"),
            ("automate_policy", "Can activate policies whose rules approve or reject without a person"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["active"], condition=Q(active=True), name="policy_one_active"),
            models.CheckConstraint(
                condition=Q(active=True, status=PolicyStatus.ACTIVE)
                | (Q(active=False) & ~Q(status=PolicyStatus.ACTIVE)),
                name="policy_active_status",
            ),
            models.UniqueConstraint(
                Case(When(status__in=["shadow", "rollout"], then=Value(1)), output_field=IntegerField()),
                name="policy_one_candidate",
            ),
        ]

    def __str__(self) -> str:
        return f"policy {self.version}"
