"""The brakes of versions: watched for a day, told to those who are to know, taken off by a person."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from moderation.models import PolicyVersion, Rollout

ACTIVATE = "moderation.activate_policy"


@dataclass(frozen=True, slots=True)
class BrakeNotice:
    """A version that is braked: it acted without a person on `automatic` of `judged` comments."""

    version: int
    braked_at: datetime
    judged: int
    automatic: int


def rollout_watch(*, version: PolicyVersion, percent: int = 0) -> Rollout:
    """Sets the version's share and watches it for a day from now; a braked one is let go and watched no longer.

    Whoever takes a brake off has seen what the version does. Call it with the versions locked.
    """
    rollout, _made = Rollout.objects.select_for_update(no_key=True).get_or_create(policy=version)
    released = rollout.braked_at is not None
    rollout.percent, rollout.braked_at = percent, None
    rollout.effective_at = None if released else timezone.now()
    rollout.judged = rollout.automatic = 0
    rollout.save(update_fields=["percent", "braked_at", "effective_at", "judged", "automatic"])
    version.rollout = rollout
    return rollout


def brake_notices(*, user: User) -> list[BrakeNotice]:
    """Returns the brakes that the user is to know of, as the version's author or as who activated it.

    Of versions that came without a person, all who may activate are told. One query.
    """
    own = Q(policy__author=user) | Q(policy__activated_by=user)
    nobody = Q(policy__author=None, policy__activated_by=None) if user.has_perm(ACTIVATE) else Q()
    braked = Rollout.objects.braked().filter(own | nobody).order_by("policy__version")
    columns = ("policy__version", "braked_at", "judged", "automatic")
    return [BrakeNotice(*row) for row in braked.values_list(*columns)]
