"""What a worker does with a message: scores the comments it names, or a range of ids, or judges a range again.

Each ends after a bounded time, so that a message is never redelivered while it is worked on; what is left of a range
becomes a message of its own.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from moderation.scoring import ScoringError
from moderation.services.batch_scoring.options import ScoreOptions, ScoreReport
from moderation.services.batch_scoring.run import comments_score
from moderation.services.distribution.ranges import ScoreRange
from moderation.services.rejudging.run import range_rejudge
from moderation.services.work.broker import Broker, Task

# A third of the visibility timeout in `config.celery`: a batch of the longest texts still ends in time.
PART_SECONDS = 10.0
# One model is replaced by another while a range is scored: the next part goes on with that.
GOES_ON = frozenset({"model_changed"})
# Between two looks at a range that others hold, of whom one may be dead on another machine until its lease ends.
WAIT_SECONDS = 1.0
SCORED = "scored"


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a part ends."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Returns the deadline so many seconds from now."""
        return cls(time.monotonic() + seconds)

    def passed(self) -> bool:
        """Returns whether it has passed."""
        return time.monotonic() >= self.at


def posted_score(*, ids: tuple[int, ...], broker: Broker) -> None:
    """Scores those of the comments that are unscored and that nobody else scores; raises ScoringError."""
    report = comments_score(options=ScoreOptions(ids=ids), stop=Deadline.after(PART_SECONDS).passed)
    broker.count(SCORED, report.done)
    _raise(report)


def range_score(*, part: ScoreRange, broker: Broker) -> None:
    """Scores what needs it in a range, and hands out again what is left; raises ScoringError."""
    if part.run and broker.run_is_taken_back(part.run):
        return
    report = comments_score(options=part.options(), stop=_stop(part, broker))
    broker.count(SCORED, report.done)
    goes_on = report.stopped or report.error in GOES_ON or _waits(part, report)
    if part.run:
        broker.run_add(part.run, done=report.done, finished="" if goes_on else part.name)
    if goes_on:
        broker.send(Task.SCORE_RANGE, [part.as_json()])
    else:
        _raise(report)


def rejudging_part(*, pk: int, broker: Broker) -> None:
    """Judges a range again from its position on, and hands out again what is left of it."""
    if range_rejudge(pk=pk, stop=Deadline.after(PART_SECONDS).passed):
        broker.send(Task.REJUDGE_RANGE, [{"pk": pk}])


def _stop(part: ScoreRange, broker: Broker) -> Callable[[], bool]:
    deadline = Deadline.after(PART_SECONDS)

    def stop() -> bool:
        return deadline.passed() or bool(part.run and broker.run_is_taken_back(part.run))

    return stop


def _waits(part: ScoreRange, report: ScoreReport) -> bool:
    """Returns whether the range of a command waits for what others hold; what the sweep hands out, it finds again."""
    waits = bool(part.run and report.left_to_others)
    if waits:
        time.sleep(WAIT_SECONDS)
    return waits


def _raise(report: ScoreReport) -> None:
    if report.error:
        raise ScoringError(report.error, "The model failed on a range.", retryable=True)
