"""What a broker does for the services, and where the one of this installation is found.

The setting `MODERATION_BROKER` names its class: `config.broker.CeleryBroker` if there is a `CELERY_BROKER_URL`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class Queue(StrEnum):
    """The queues: what readers post, ranges of ids, what is sent out, and the rest."""

    INTERACTIVE = "interactive"
    BULK = "bulk"
    OUTBOUND = "outbound"
    MAINTENANCE = "maintenance"


# Their tasks need a model.
SCORING_QUEUES = (Queue.INTERACTIVE, Queue.BULK)


class Task(StrEnum):
    """The tasks that services hand out; those of a clock are in `moderation.tasks` alone."""

    SCORE_POSTED = "moderation.score_posted"
    SCORE_RANGE = "moderation.score_range"
    REJUDGE_RANGE = "moderation.rejudge_range"


QUEUES = {
    Task.SCORE_POSTED: Queue.INTERACTIVE,
    Task.SCORE_RANGE: Queue.BULK,
    Task.REJUDGE_RANGE: Queue.MAINTENANCE,
}


class BrokerError(Exception):
    """The broker did not answer; a retry may help."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue: messages that wait, and for how many seconds the oldest has; None if none waits."""

    name: str
    waiting: int
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker that answers, the queues it takes messages from, and how many it is working on."""

    name: str
    queues: tuple[str, ...]
    active: int


@dataclass(frozen=True, slots=True)
class RunState:
    """Work that a command handed out: `done` of `total` comments, and how many of its ranges are left."""

    name: str
    total: int
    done: int
    ranges_left: int
    taken_back: bool


class Broker(Protocol):
    """Each method raises BrokerError if the broker does not answer."""

    def send(self, task: Task, calls: Iterable[Mapping[str, Any]]) -> None:
        """Sends a message for each call; a call is the task's arguments by name, JSON-ready."""

    def waiting(self, queue: Queue) -> int:
        """Returns how many messages wait in a queue."""

    def queues(self) -> Sequence[QueueState]:
        """Returns all queues."""

    def workers(self) -> Sequence[WorkerState]:
        """Returns the workers that answer within a second."""

    def mark(self, name: str, value: int | None = None) -> int:
        """Returns a number that is kept for all processes, 0 if there is none; sets it before, if one is given."""

    def count(self, name: str, number: int) -> None:
        """Adds to a counter of the current minute."""

    def rate(self, name: str) -> float:
        """Returns a counter's mean number a minute over the last five full minutes."""

    def run_open(self, name: str, *, total: int, ranges: Sequence[str]) -> None:
        """Records work that is about to be handed out, for a week."""

    def run_add(self, name: str, *, done: int, finished: str = "") -> None:
        """Adds to a run's comments, and takes a range that is finished off its list."""

    def run_take_back(self, name: str) -> None:
        """Marks a run as taken back: its ranges are dropped, each worker stops after its batch."""

    def run_is_taken_back(self, name: str) -> bool:
        """Returns whether a run was taken back."""

    def runs(self) -> Sequence[RunState]:
        """Returns the runs of the last week that are not finished."""

    def run(self, name: str) -> RunState | None:
        """Returns one run; None if the broker does not know it."""


def broker_active() -> Broker | None:
    """Returns this installation's broker, None if it has none."""
    return _opened(settings.MODERATION_BROKER) if settings.MODERATION_BROKER else None


@cache
def _opened(path: str) -> Broker:
    opened: Broker = import_string(path)()
    return opened
