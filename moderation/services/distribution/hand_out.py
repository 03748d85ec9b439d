"""Hands out the work of a command to workers, and tells from any machine how far it is."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from django.db.models import Max

from archive.models import Comment
from moderation.models import Rejudging
from moderation.services.batch_scoring.options import ScoreOptions
from moderation.services.batch_scoring.run import comments_score_plan
from moderation.services.batch_scoring.selection import Selection, source_find
from moderation.services.distribution.ranges import ScoreRange, ranges_of, ranges_to
from moderation.services.errors import ServiceError, invalid
from moderation.services.rejudging.run import RejudgeReport, ranges_end, ranges_open, ranges_report
from moderation.services.verdicts.stored.stored_columns import last_id
from moderation.services.work.broker import Broker, RunState, Task, broker_active

# Reviews of a range that is judged again: some seconds of work.
REVIEWS = 50_000
MAX_PARTS = 500
# Messages sent at a time.
SENT = 100


@dataclass(frozen=True, slots=True)
class HandedOut:
    """Work that was handed out: its name, how many comments, in how many ranges."""

    run: str
    total: int
    ranges: int


def broker_needed() -> Broker:
    """Returns the broker; raises ServiceError `conflict` if this installation has none."""
    broker = broker_active()
    if broker is None:
        raise ServiceError("conflict", "There is nobody to hand work to: CELERY_BROKER_URL is not set.")
    return broker


def scoring_hand_out(*, options: ScoreOptions) -> HandedOut:
    """Hands out what `options` select in ranges of ids; raises ServiceError and BrokerError.

    Nothing is stored in the database: what the ranges hold is unscored until a worker has scored it.
    """
    if options.limit is not None or options.shard is not None:
        raise invalid("/limit", "Work that is handed out is neither limited nor sharded.")
    broker, plan = broker_needed(), comments_score_plan(options=options)
    run = secrets.token_hex(4)
    walks = options.rescore or not plan.active
    ranges = [ScoreRange.of(first, until, options, run=run) for first, until in _spans(options, walks=walks)]
    if plan.total and ranges:
        broker.run_open(run, total=plan.total, ranges=[one.name for one in ranges])
        left = iter(ranges)
        while part := list(islice(left, SENT)):
            broker.send(Task.SCORE_RANGE, [one.as_json() for one in part])
    return HandedOut(run, plan.total, len(ranges))


def scoring_progress(*, run: str) -> RunState:
    """Returns how far a run is; raises ServiceError `not_found` if the broker does not know it (any more)."""
    state = broker_needed().run(run)
    if state is None:
        raise ServiceError("not_found", f"The broker knows no run {run}: it is over a week old, or Redis was emptied.")
    return state


def rejudging_hand_out(*, resume: bool = False) -> list[int]:
    """Hands out judging again in ranges, each a row that keeps its position; returns the rows' ids.

    Raises ServiceError, `conflict` if there is nothing to `resume`, and BrokerError.
    """
    broker = broker_needed()
    parts = min(MAX_PARTS, max(1, -(-last_id() // REVIEWS)))
    ranges = [span.pk for span in ranges_open(resume=resume, parts=parts)]
    broker.send(Task.REJUDGE_RANGE, [{"pk": pk} for pk in ranges])
    return ranges


def rejudging_progress(*, ranges: Sequence[int] = ()) -> RejudgeReport | None:
    """Returns how far these ranges are, by default all that are unfinished; None if there are none."""
    wanted = list(ranges) or list(Rejudging.objects.unfinished().values_list("pk", flat=True))
    return ranges_report(ranges=wanted) if wanted else None


def rejudging_take_back(*, ranges: Sequence[int]) -> None:
    """Ends the ranges where they are: workers stop after their chunk."""
    ranges_end(ranges=ranges)


def _spans(options: ScoreOptions, *, walks: bool) -> list[tuple[int, int]]:
    if walks:
        return list(ranges_to(Comment.objects.aggregate(last=Max("pk"))["last"] or 0))
    source = source_find(options.source) if options.source else None
    return list(ranges_of(Selection(models=None, since=options.since, source=source).comments()))
