"""Claims: which process is scoring a comment now, and which comments made the model fail."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from archive.models import Comment


class Claim(models.Model):
    """A scorer's lease on a comment.

    A row whose `lease_until` has passed belongs to nobody. After three failed attempts, or if runs that held it alone
    died, `set_aside_at` is set and the comment is skipped, with its `error`, until it is edited or an operator rescores
    it. Until then `attempts` counts holders that died.
    """

    comment = models.OneToOneField(Comment, on_delete=models.CASCADE, primary_key=True, related_name="claim")
    worker = models.CharField(max_length=100, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, default="")
    set_aside_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        indexes = [
            models.Index(fields=["worker"], name="claim_worker"),
            models.Index(fields=["lease_until"], name="claim_lease"),
        ]

    def __str__(self) -> str:
        return f"claim on comment {self.comment_id} by {self.worker or 'nobody'}"
