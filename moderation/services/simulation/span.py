"""Judges a range of comments; a process that does no more need not load what makes estimates, which takes a second."""

from archive.database.gc_pause import gc_threshold_raised
from moderation.policies import Policy
from moderation.services.simulation.scope import SimulationScope
from moderation.services.simulation.tally import FIELDS, Tally
from moderation.services.verdicts.stored.stored_columns import StoredReader

CHUNK = 20_000
Span = tuple[int, int]
Work = tuple[Policy, Policy, SimulationScope, Span]


def span_tally(policy: Policy, active: Policy, scope: SimulationScope, span: Span) -> Tally:
    """Returns the counts of the comments with ids above the span's begin, up to its end."""
    tally, reader = Tally(policy, active), StoredReader.of([policy, active], *FIELDS)
    with gc_threshold_raised():
        for rows in reader.chunks(scope.reviews(), after=span[0], last=span[1], size=CHUNK):
            tally.observe(rows)
    return tally


def span_tally_apart(work: Work) -> Tally:
    """Does the same in a process of its own."""
    return span_tally(*work)
