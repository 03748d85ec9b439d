"""The candidate: a version of the policy that is tried beside the active one, in shadow or on a share of the comments.

Whatever goes wrong in it is counted, and the active version's verdict holds.
"""

import logging
from dataclasses import dataclass, replace

from django.db.models import Q

from moderation.models import PolicyStatus, PolicyVersion
from moderation.models.rules.policy import CANDIDATES
from moderation.policies import Features, Policy, features_needed, judge
from moderation.policies.rollout import in_share
from moderation.services.verdicts.policy import active_or_refused, policy_parsed, rollout_of
from moderation.services.verdicts.transitions import Beside, Scored

logger = logging.getLogger(__name__)

Active = tuple[PolicyVersion, Policy]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that is tried."""

    version: PolicyVersion

    @property
    def needed(self) -> frozenset[str]:
        """The features that its rules read beside the text's own; none of a policy that cannot be read."""
        try:
            return features_needed(policy_parsed(self.version))
        except Exception:
            logger.exception("policy %d cannot be read", self.version.version)
            return frozenset()

    def judge(self, one: Scored, features: Features) -> Scored:
        """Returns the comment with what the candidate says beside; in its share that is the verdict.

        What the model refused goes to a person under any policy, and is left as it is.
        """
        if one.score is None:
            return one
        effective = self.has(one.comment.pk)
        try:
            judged = self._judged(one, features)
        except Exception:
            # A candidate that fails in any way must not keep comments from being judged.
            logger.exception("policy %d failed on comment %d", self.version.version, one.comment.pk)
            return replace(one, beside=Beside(self.version, None, one.verdict, False))
        beside = Beside(self.version, judged.verdict, one.verdict, effective)
        return replace(judged if effective else one, beside=beside)

    def has(self, comment: int) -> bool:
        """Returns whether the comment is in the candidate's share."""
        rollout = rollout_of(self.version)
        if rollout is None or self.version.status != PolicyStatus.ROLLOUT:
            return False
        return in_share(version=self.version.version, comment=comment, percent=rollout.percent)

    def _judged(self, one: Scored, features: Features) -> Scored:
        policy, scores = policy_parsed(self.version), one.score.values() if one.score else {}
        source, section = one.comment.source.slug, one.comment.article.section
        verdict = judge(policy, scores, features=features, source=source, section=section)
        return replace(one, verdict=verdict, audit_share=policy.audit_chance(verdict.risk), policy=self.version)


def policies_judging() -> tuple[Active, Candidate | None]:
    """Returns the active version with its parsed form, and the candidate if there is one; one query.

    Raises ServiceError if no policy is active.
    """
    judging = PolicyVersion.objects.filter(Q(active=True) | Q(status__in=CANDIDATES))
    versions = list(judging.select_related("rollout").defer("body"))
    active = active_or_refused(next((one for one in versions if one.active), None))
    return active, next((Candidate(one) for one in versions if not one.active), None)
