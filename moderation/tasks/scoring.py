"""Scoring, which needs a model: what readers post at once, and ranges of ids.

Acknowledged late: a message whose worker dies goes to another one. A worker that cannot open the model puts it back.
"""

from collections.abc import Callable
from typing import Any

from moderation.scoring import ScoringError
from moderation.services.distribution.hand_out import broker_needed
from moderation.services.distribution.parts import posted_score, range_score
from moderation.services.distribution.ranges import ScoreRange
from moderation.services.work.broker import Task
from moderation.tasks.failures import put_back, task
from moderation.tasks.fitness import fitness, why

# The model's files cannot be read, or it does not fit into memory, as well as what the engine itself says.
MODEL_AWAY = (ScoringError, OSError, MemoryError)


@task(Task.SCORE_POSTED, late=True)
def score_posted(ids: list[int]) -> None:
    """Scores comments that were posted."""
    _scored(lambda: posted_score(ids=tuple(ids), broker=broker_needed()))


@task(Task.SCORE_RANGE, late=True)
def score_range(**part: Any) -> None:
    """Scores a range of ids."""
    _scored(lambda: range_score(part=ScoreRange(**part), broker=broker_needed()))


def _scored(work: Callable[[], None]) -> None:
    try:
        fitness.check()
        work()
    except MODEL_AWAY as error:
        fitness.lose(why(error))
        raise put_back(why(error)) from None
