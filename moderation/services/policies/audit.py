"""Works out which share of each stratum of risk the audit draws, from what passes in the archive."""

from typing import Any

import numpy as np
from django.contrib.auth.models import User
from django.db.models import Avg, Case, Count, IntegerField, Value, When

from moderation.estimates.audit import audit_shares
from moderation.estimates.rows import Floats
from moderation.models import PolicyVersion, Review, State
from moderation.policies import parse_policy
from moderation.policies.audit import Audit
from moderation.services.errors import conflict
from moderation.services.policies.versions import PolicySaved, policy_create

DIGITS = 6


def audit_freeze(*, version: PolicyVersion, actor: User | None) -> PolicySaved:
    """Saves a version whose audit has a share for each of its strata, as a new draft.

    The archive's passing comments are counted by the risk that their verdicts have; their mean toxicity stands for the
    share that a person would reject. Raises ServiceError `conflict` for a policy that draws uniformly.
    """
    policy = parse_policy(version.body, version=version.version)
    if policy.audit is None or policy.audit.strata == 1:
        raise conflict(f"Version {version.version} has no audit by strata.")
    shares = [round(share, DIGITS) for share in _shares(policy.audit)]
    body: dict[str, Any] = {**version.body, "audit": {**version.body["audit"], "shares": shares}}
    note = f"The audit's shares of version {version.version} worked out."
    return policy_create(body=body, actor=actor, note=note)


def _shares(audit: Audit) -> list[float]:
    counts, toxicity = _passing(audit)
    shares: list[float] = audit_shares(counts, toxicity, share=audit.share, floor=audit.floor).tolist()
    return shares


def _passing(audit: Audit) -> tuple[Floats, Floats]:
    """Returns how many comments pass in each stratum, those that the audit drew among them, and their mean toxicity."""
    cases = [When(risk__lt=bound, then=Value(at)) for at, bound in enumerate(audit.bounds)]
    stratum = Case(*cases, default=Value(audit.strata - 1), output_field=IntegerField())
    passing = Review.objects.filter(flagged=False, score__isnull=False).exclude(state=State.CLOSED)
    rows = passing.annotate(stratum=stratum).values_list("stratum").annotate(Count("pk"), Avg("toxicity"))
    counts, toxicity = np.zeros(audit.strata), np.zeros(audit.strata)
    for at, count, mean in rows.order_by("stratum"):
        counts[at], toxicity[at] = count, mean or 0.0
    return counts, toxicity
