"""Erasures: who had whose data erased, how far it has come, and the receipt."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from archive.models import Comment, Commenter, Source


class ErasureKind(models.TextChoices):
    """What is erased."""

    COMMENTER = "commenter", _("a commenter with all comments")
    COMMENT = "comment", _("a comment")
    RETENTION = "retention", _("what was kept long enough")


class ErasureQuerySet(models.QuerySet["Erasure"]):
    """Reads of erasures."""

    def unfinished(self) -> Self:
        """Those that were stopped or are under way."""
        return self.filter(finished_at=None)


class Erasure(models.Model):
    """One erasure and its receipt. It holds no words: ids, times, and how many rows of each kind are gone.

    `counts` grows with each batch, in the batch's transaction. `export_sha256` is the digest of what was exported
    before; empty if nothing was. One that was stopped goes on where it was, because what is erased says so itself.
    """

    kind = models.CharField(max_length=16, choices=ErasureKind)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    commenter = models.ForeignKey(Commenter, on_delete=models.PROTECT, null=True, related_name="erasures")
    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, null=True, related_name="erasures")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    api_key = models.CharField(max_length=100, blank=True, default="")
    export_sha256 = models.CharField(max_length=64, blank=True, default="")
    counts = models.JSONField(default=dict)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-id"]
        permissions = [("erase", "Can export and erase a person's data")]
        constraints = [
            models.UniqueConstraint(
                fields=["commenter"], condition=Q(finished_at=None), name="erasure_one_unfinished_commenter"
            ),
            models.UniqueConstraint(
                fields=["comment"], condition=Q(finished_at=None), name="erasure_one_unfinished_comment"
            ),
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk}"
