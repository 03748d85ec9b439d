"""Moderation's rows about commenters: who is muted, who is staff or exempt, and who looked up whose record."""

from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from archive.models import Comment, Commenter
from moderation.models.decision import Decision


class MuteQuerySet(models.QuerySet["Mute"]):
    """Reads of mutes."""

    def active(self, now: datetime) -> Self:
        """Mutes that are in force at `now`: neither ended nor expired."""
        return self.filter(Q(until=None) | Q(until__gt=now), ended_at=None)


class Mute(models.Model):
    """A commenter whose next comments are held. `until` is null for no end; `ended_at` is set when ended or replaced.

    The ledger says who did it and when: `decision` is the row that began it. `comment` is the one that led to it.
    """

    commenter = models.ForeignKey(Commenter, on_delete=models.CASCADE, related_name="mutes")
    comment = models.ForeignKey(Comment, on_delete=models.SET_NULL, null=True, related_name="+")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="mute")
    reason = models.CharField(max_length=32)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = MuteQuerySet.as_manager()

    class Meta:
        verbose_name = _("mute")
        verbose_name_plural = _("mutes")
        ordering = ["-id"]
        permissions = [("mute", "Can mute commenters")]
        constraints = [
            models.UniqueConstraint(fields=["commenter"], condition=Q(ended_at=None), name="mute_one_standing"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="mute_ends_after_it_began"),
        ]

    def __str__(self) -> str:
        return f"mute of commenter {self.commenter_id}"


class StandingKind(models.TextChoices):
    """What a newsroom can say of a commenter for its policy's rules."""

    STAFF = "staff", _("staff")
    EXEMPT = "exempt", _("exempt")


class Standing(models.Model):
    """Says that a commenter is staff, or exempt, from `since` until `ended_at`; null while it lasts.

    Rows are ended and never deleted, so that what held when a comment came can be read later.
    """

    commenter = models.ForeignKey(Commenter, on_delete=models.CASCADE, related_name="standings")
    kind = models.CharField(max_length=8, choices=StandingKind)
    note = models.CharField(max_length=200, blank=True, default="")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    since = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["commenter", "kind"], condition=Q(ended_at=None), name="standing_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: commenter {self.commenter_id}"


class LookUp(models.Model):
    """An audit record of a user looking up a commenter's record."""

    commenter = models.ForeignKey(Commenter, on_delete=models.CASCADE, related_name="look_ups")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("look-up")
        verbose_name_plural = _("look-ups")
        ordering = ["-id"]
        indexes = [models.Index(fields=["at"], name="look_up_at")]

    def __str__(self) -> str:
        return f"look-up of commenter {self.commenter_id} by user {self.actor_id}"


def commenters_muted(commenter_ids: Collection[int | None]) -> set[int]:
    """Returns the ids of those commenters who are muted now. One query, none without an id."""
    ids = [pk for pk in commenter_ids if pk is not None]
    muted = Mute.objects.active(timezone.now()).filter(commenter__in=ids)
    return set(muted.values_list("commenter_id", flat=True)) if ids else set()
