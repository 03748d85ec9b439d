"""Simulates a policy over all stored scores, in ranges of ids; nothing is written."""

from itertools import pairwise
from typing import Any

from django.db.models import Max, Min

from archive.database.gc_pause import gc_threshold_raised
from archive.database.processes import process_pool
from moderation.policies import Policy
from moderation.services.simulation.report import tally_report
from moderation.services.simulation.scope import SimulationScope
from moderation.services.simulation.tally import FIELDS, Tally
from moderation.services.verdicts.policy import policy_active
from moderation.services.verdicts.stored_columns import StoredReader

CHUNK = 20_000
# Starting a process takes as long as judging this many.
COMMENTS_A_PROCESS = 200_000
Span = tuple[int, int]


def policy_simulate(*, policy: Policy, scope: SimulationScope, processes: int = 1) -> dict[str, Any]:
    """Returns what the policy would do with the comments in the scope, beside the active one: see `tally_report`.

    `processes` is how many may share the work; few comments are left to one. Raises ServiceError `conflict` without an
    active policy, and PolicyError for a goal without a number.
    """
    _version, active = policy_active()
    spans = _spans(scope, processes)
    if len(spans) == 1:
        return tally_report(span_tally(policy, active, scope, spans[0]))
    tally = Tally(policy, active)
    with process_pool(len(spans)) as (pool, _told):
        for found in pool.map(_apart, [(policy, active, scope, span) for span in spans]):
            tally.add(found)
    return tally_report(tally)


def span_tally(policy: Policy, active: Policy, scope: SimulationScope, span: Span) -> Tally:
    """Returns the counts of the comments with ids above the span's begin, up to its end."""
    tally, reader = Tally(policy, active), StoredReader.of([policy, active], *FIELDS)
    with gc_threshold_raised():
        for rows in reader.chunks(scope.reviews(), after=span[0], last=span[1], size=CHUNK):
            tally.observe(rows)
    return tally


def _spans(scope: SimulationScope, processes: int) -> list[Span]:
    """Returns ranges of ids of equal length: one for each process that is worth its start."""
    ends = scope.reviews().order_by().aggregate(first=Min("pk"), last=Max("pk"))
    first, last = ends["first"] or 1, ends["last"] or 0
    count = max(1, min(processes, (last - first + 1) // COMMENTS_A_PROCESS))
    return list(pairwise(first - 1 + (last - first + 1) * at // count for at in range(count + 1)))


def _apart(work: tuple[Policy, Policy, SimulationScope, Span]) -> Tally:
    return span_tally(*work)
