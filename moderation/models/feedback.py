"""Feedback on comments: readers' reports, and scores suggested by other systems."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from archive.models import Comment


class ReaderFlag(models.Model):
    """A reader's report. The same reporter with the same reason counts once."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="flags")
    reporter = models.CharField(max_length=255)
    reason = models.CharField(max_length=32)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("reader flag")
        verbose_name_plural = _("reader flags")
        constraints = [
            models.UniqueConstraint(fields=["comment", "reporter", "reason"], name="flag_once"),
        ]
        indexes = [
            models.Index(fields=["reporter", "comment"], name="flag_reporter"),
            models.Index(fields=["at"], name="flag_at"),
        ]

    def __str__(self) -> str:
        return f"flag on comment {self.comment_id}"


class Feedback(models.Model):
    """A score that a client suggests for a text: Perspective's suggestscore.

    `scores` is attribute → value from 0 to 1, under the caller's names. `trusted` is true if the key was marked for
    calibration at the time.
    """

    comment = models.ForeignKey(Comment, on_delete=models.SET_NULL, null=True, related_name="feedback")
    text = models.TextField()
    scores = models.JSONField()
    languages = models.JSONField(default=list)
    community_id = models.CharField(max_length=255, blank=True, default="")
    client_token = models.CharField(max_length=255, blank=True, default="")
    session_id = models.CharField(max_length=255, blank=True, default="")
    context = models.JSONField(default=dict)
    api_key = models.CharField(max_length=100, blank=True, default="")
    trusted = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        ordering = ["-id"]
        indexes = [models.Index(fields=["at"], name="feedback_at")]

    def __str__(self) -> str:
        return f"feedback {self.pk}"
