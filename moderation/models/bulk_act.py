"""Actions on many comments, done in parts: how far each is, so that it goes on where it was interrupted."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moderation.models.decision import Action


class BulkActQuerySet(models.QuerySet["BulkAct"]):
    """Reads of acts."""

    def unfinished(self) -> Self:
        """Those that are not through with their comments."""
        return self.filter(ended_at=None)


class BulkAct(models.Model):
    """One action on all comments of a preview, or the undo of one, done chunk by chunk.

    Attributes:
        batch: Joins the ledger's rows. The same confirmation gives the same one, so that nothing is begun twice.
        comments: The previewed comments and versions by chunks, packed (`moderation.services.review.previews`).
        undoes: The batch that is taken back; None for an action.
        total: How many comments there are.
        position: How many of them were looked at, in the order of their ids.
        done: How many changed.
        refused: Why others were left alone → how many.
    """

    batch = models.UUIDField(unique=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=16, choices=Action)
    reason = models.CharField(max_length=50, blank=True, default="")
    note = models.TextField(blank=True, default="")
    until = models.DateTimeField(null=True)
    comments = models.JSONField(default=list)
    undoes = models.UUIDField(null=True)
    total = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    refused = models.JSONField(default=dict)
    begun_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = BulkActQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        verbose_name = _("action on many comments")
        verbose_name_plural = _("actions on many comments")
        indexes = [models.Index(fields=["id"], condition=models.Q(ended_at=None), name="bulk_act_unfinished")]

    def __str__(self) -> str:
        return f"{self.action} on {self.total} comments"

    @property
    def left(self) -> int:
        """How many comments are still to be looked at."""
        return self.total - self.position
