"""The brake: what a young version may do without a person is counted, and beyond a bound it goes to people.

Counted and looked at in the transaction that saves the verdicts, with the version's rollout locked after comments and
reviews: a brake that is set, by the count or by a person, holds from the next commit on.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.utils import timezone

from moderation.models import PolicyVersion, Rollout
from moderation.policies.rollout import YOUNG, brake_due
from moderation.services.verdicts.policy import rollout_of
from moderation.services.verdicts.transitions import Scored

logger = logging.getLogger(__name__)
COUNTED = ("judged", "automatic", "braked_at")


def brake_apply(*, scored: Sequence[Scored], policy: PolicyVersion, judged: int | None = None) -> list[Scored]:
    """Returns the comments with the verdicts that may take effect; call it in the transaction that saves them.

    `policy` is the version of those that do not say; `judged` is how many comments that version judged, those with an
    unchanged verdict among them. Two queries a version that is young or acts without a person, none for others.
    """
    now, kept = timezone.now(), list(scored)
    versions = {policy.pk: policy} | {one.policy.pk: one.policy for one in scored if one.policy}
    for version in versions.values():
        rows = [at for at, one in enumerate(kept) if (one.policy or policy).pk == version.pk]
        automatic = [at for at in rows if kept[at].verdict.automatic]
        came = judged if judged is not None and version.pk == policy.pk else len(rows)
        rollout = _counted(version, came, len(automatic), now)
        for at in automatic if rollout else ():
            kept[at] = _allowed(kept[at], rollout)
    return kept


def _counted(version: PolicyVersion, judged: int, automatic: int, now: datetime) -> Rollout | None:
    """Returns the version's rollout, locked and with these comments counted; None if it has nothing to say."""
    if not (automatic or _young(rollout_of(version), now)):
        return None
    rollout = Rollout.objects.select_for_update(no_key=True).filter(pk=version.pk).first()
    if rollout and _young(rollout, now):
        rollout.judged += judged
        rollout.automatic += automatic
        if rollout.braked_at is None and brake_due(judged=rollout.judged, automatic=rollout.automatic):
            rollout.braked_at = now
            said = "policy %d is braked: it acted without a person on %d of %d comments"
            logger.warning(said, version.version, rollout.automatic, rollout.judged)
        rollout.save(update_fields=COUNTED)
    return rollout


def _young(rollout: Rollout | None, now: datetime) -> bool:
    return rollout is not None and rollout.effective_at is not None and now - rollout.effective_at < YOUNG


def _allowed(one: Scored, rollout: Rollout | None) -> Scored:
    braked = rollout is not None and (rollout.braked_at is not None or one.verdict.rule in rollout.braked_rules)
    return replace(one, verdict=one.verdict.brake()) if braked else one
