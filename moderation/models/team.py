"""What moderators leave for each other: hand-overs, notes, saved views and macros."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from archive.models import Comment


class HandOverEnd(models.TextChoices):
    """How a hand-over ended."""

    STANDING = "", _("stands")
    TAKEN = "taken", _("decided on")
    GIVEN_BACK = "given_back", _("given back")
    TAKEN_BACK = "taken_back", _("taken back")
    PASSED_ON = "passed_on", _("passed on")
    ENDED = "ended", _("ended by another")


class HandOverQuerySet(models.QuerySet["HandOver"]):
    """Reads of hand-overs."""

    def standing(self) -> Self:
        """Those that have not ended."""
        return self.filter(ended_at=None)

    def to_others(self, user: User) -> Self:
        """Those that stand and keep a comment for somebody else than `user`."""
        return self.standing().exclude(taker=user)


class HandOver(models.Model):
    """A comment that one moderator gave to another, with a note. It stands until it is ended, however long that takes.

    Whoever holds a comment has it open; to whom it was handed has it to decide, open or not.
    """

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="hand_overs")
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True, default="")
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=16, choices=HandOverEnd, blank=True, default=HandOverEnd.STANDING)

    objects = HandOverQuerySet.as_manager()

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["comment"], condition=Q(ended_at=None), name="hand_over_one_standing"),
        ]
        indexes = [models.Index(fields=["taker", "comment"], condition=Q(ended_at=None), name="hand_over_taker")]

    def __str__(self) -> str:
        return f"hand-over of comment {self.comment_id}"
