"""Simulates a policy over all stored scores, in ranges of ids; nothing is written."""

from itertools import pairwise
from typing import Any

from archive.database.processes import process_pool
from moderation.policies import Policy
from moderation.services.simulation.report import tally_report
from moderation.services.simulation.scope import SimulationScope
from moderation.services.simulation.span import Span, span_tally, span_tally_apart
from moderation.services.verdicts.policy import policy_active

# Starting a process takes as long as judging this many.
COMMENTS_A_PROCESS = 200_000


def policy_simulate(*, policy: Policy, scope: SimulationScope, processes: int = 1) -> dict[str, Any]:
    """Returns what the policy would do with the comments in the scope, beside the active one: see `tally_report`.

    `processes` is how many may share the work; few comments are left to one. Raises ServiceError `conflict` without an
    active policy, and PolicyError for a goal without a number.
    """
    _version, active = policy_active()
    first, *others = _spans(scope, processes)
    if not others:
        return tally_report(span_tally(policy, active, scope, first))
    with process_pool(len(others)) as (pool, _told):
        # They begin at once; meanwhile this process does its own part.
        apart = pool.map(span_tally_apart, [(policy, active, scope, span) for span in others])
        tally = span_tally(policy, active, scope, first)
        for found in apart:
            tally.add(found)
    return tally_report(tally)


def _spans(scope: SimulationScope, processes: int) -> list[Span]:
    """Returns ranges of ids of equal length: one for each process that is worth its start."""
    ids = scope.reviews().values_list("pk", flat=True)
    # Two look-ups along the index; Min and Max of what is filtered would read all of it.
    first, last = ids.order_by("pk").first() or 1, ids.order_by("-pk").first() or 0
    count = max(1, min(processes, (last - first + 1) // COMMENTS_A_PROCESS))
    return list(pairwise(first - 1 + (last - first + 1) * at // count for at in range(count + 1)))
