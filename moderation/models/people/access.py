"""Access: API keys for machines, and the limits of moderators."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from archive.models import Source


class Scope(models.TextChoices):
    """What a key permits; no scope implies another."""

    READ = "read", "read everything"
    WRITE = "write", "store sources, articles, comments and flags"
    ANALYZE = "analyze", "score texts that are not stored"
    MODERATE = "moderate", "decide"
    STATISTICS = "statistics", "read numbers, those of moderators too"
    APPEAL = "appeal", "make appeals against decisions"
    PRIVACY = "privacy", "export and erase people's data"
    POLICY = "policy", "write policies and word lists"
    POLICY_ACTIVATE = "policy_activate", "activate policies"
    POLICY_AUTOMATE = "policy_automate", "activate policies whose rules approve or reject without a person"


class ApiKey(AbstractAuthToken):  # type: ignore[misc]
    """A machine's key. Only its digest is stored. `sources` limits it to some sources; none means all.

    For a time after a rotation the secret before works too: `previous_digest`, until `previous_until`. `networks` are
    the addresses that the key works from, as `10.0.0.0/8`; none means all. `rate` is in requests per minute; null means
    no limit. `trusted_feedback` marks keys whose suggested scores may be used for calibration. `drop_unsupported`
    ignores attributes that no model serves instead of refusing a Perspective request.
    """

    name = models.CharField(max_length=100, unique=True)
    scopes = models.JSONField(default=list)
    sources = models.ManyToManyField(Source, blank=True, related_name="+")
    rate = models.PositiveIntegerField(null=True, blank=True)
    trusted_feedback = models.BooleanField(default=False)
    drop_unsupported = models.BooleanField(default=False)
    networks = models.JSONField(default=list, blank=True)
    previous_digest = models.CharField(max_length=128, blank=True, default="")
    previous_token_key = models.CharField(max_length=25, blank=True, default="", db_index=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Moderator(models.Model):
    """A user's limits (`sources`; none means all) and settings of the desk."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="moderator")
    sources = models.ManyToManyField(Source, blank=True, related_name="+")
    desk = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("moderator")
        verbose_name_plural = _("moderators")

    def __str__(self) -> str:
        return f"moderator {self.user_id}"
