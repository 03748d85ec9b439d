"""Works out which share of each stratum of risk the audit draws, from what passes in the archive."""

import numpy as np
from django.db.models import Avg, Case, Count, IntegerField, Value, When

from moderation.estimates.audit import audit_shares
from moderation.estimates.rows import Floats
from moderation.models import Review, State
from moderation.policies import Policy
from moderation.policies.audit import Audit

DIGITS = 6


def audit_worked_out(policy: Policy, *, anew: bool = False) -> tuple[float, ...]:
    """Returns the share of each stratum of the policy's audit, from the lowest risk up; nothing if none is left open.

    The archive's passing comments are counted by the risk that their verdicts have; their mean toxicity stands for the
    share that a person would reject. Shares that are there stay, unless they are wanted `anew`.
    """
    audit = policy.audit
    if audit is None or audit.strata == 1 or (audit.shares and not anew):
        return ()
    return tuple(round(share, DIGITS) for share in _shares(audit))


def _shares(audit: Audit) -> list[float]:
    counts, toxicity = _passing(audit)
    return [float(one) for one in audit_shares(counts, toxicity, share=audit.share, floor=audit.floor)]


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
