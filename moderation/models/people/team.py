"""What moderators leave for each other: hand-overs, notes, saved views and macros."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from archive.models import Comment, Commenter


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


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Reads of saved views."""

    def shown_to(self, user: User) -> Self:
        """The person's own views, and those that colleagues share."""
        return self.filter(Q(owner=user) | Q(shared=True))


class SavedView(models.Model):
    """A queue with filters under a name: its owner's, or everybody's if it is `shared`.

    `query` is the address's query string; `chosen` are the same filters as they were understood, so that a page counts
    what a view holds without asking again which article or person its words mean.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    queue = models.CharField(max_length=16)
    query = models.CharField(max_length=1_000, blank=True, default="")
    chosen = models.JSONField(default=dict)
    shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField(default=timezone.now)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name")]

    def __str__(self) -> str:
        return self.name


class TeamNote(models.Model):
    """A note between moderators on a comment or on a commenter, without a decision."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, null=True, related_name="team_notes")
    commenter = models.ForeignKey(Commenter, on_delete=models.CASCADE, null=True, related_name="team_notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("note between moderators")
        verbose_name_plural = _("notes between moderators")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(comment__isnull=False, commenter=None) | Q(comment=None, commenter__isnull=False),
                name="team_note_about_one",
            ),
        ]

    def __str__(self) -> str:
        return f"note {self.pk}"
