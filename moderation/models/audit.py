"""The audit trail: one row per change of what decides about comments and people, never changed and never deleted."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AuditKind(models.TextChoices):
    """What was changed."""

    KEY = "key", _("API key")
    PERSON = "person", _("person")
    ROLE = "role", _("role")
    POLICY = "policy", _("policy")
    WORD_LIST = "word_list", _("word list")
    REASON = "reason", _("reason")
    SOURCE = "source", _("source")
    WEBHOOK = "webhook", _("webhook")
    EXPORT = "export", _("export")
    SETTINGS = "settings", _("settings")


class AuditEntry(models.Model):
    """Who changed what, when, from what to what.

    `subject` names it by an id or a name of the newsroom's own. `before` and `after` hold what changed; people's names,
    secrets and texts stand there as hashes alone, which tell that they changed. `actor` is None on the command line.
    """

    at = models.DateTimeField(_("at"), default=timezone.now)
    kind = models.CharField(_("kind"), max_length=16, choices=AuditKind)
    action = models.CharField(_("action"), max_length=32)
    subject = models.CharField(_("subject"), max_length=200)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    api_key = models.CharField(_("API key"), max_length=100, blank=True, default="")
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)

    class Meta:
        verbose_name = _("entry of the audit trail")
        verbose_name_plural = _("entries of the audit trail")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["kind", "id"], name="audit_kind"),
            models.Index(fields=["actor", "id"], name="audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.subject}: {self.action}"
