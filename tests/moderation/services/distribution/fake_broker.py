"""A broker in memory: what was sent, and what is remembered."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from moderation.services.work.broker import QUEUES, BrokerError, Queue, QueueState, RunState, Task, WorkerState


@dataclass
class FakeBroker:
    """Keeps messages in the order in which they were sent; while `away`, refuses everything."""

    sent: list[tuple[Task, dict[str, Any]]] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    states: dict[str, RunState] = field(default_factory=dict)
    left: dict[str, set[str]] = field(default_factory=dict)
    away: bool = False

    def send(self, task: Task, calls: Iterable[Mapping[str, Any]]) -> None:
        self._answer()
        self.sent += [(task, dict(call)) for call in calls]

    def take(self) -> tuple[Task, dict[str, Any]]:
        return self.sent.pop(0)

    def waiting(self, queue: Queue) -> int:
        self._answer()
        return sum(QUEUES[task] == queue for task, _ in self.sent)

    def queues(self) -> list[QueueState]:
        self._answer()
        return [QueueState(queue.value, self.waiting(queue), 3.0 if self.waiting(queue) else None) for queue in Queue]

    def workers(self) -> list[WorkerState]:
        return [WorkerState("one@host", ("bulk",), 1)]

    def mark(self, name: str, value: int | None = None) -> int:
        if value is not None:
            self.marks[name] = value
        return self.marks.get(name, 0)

    def count(self, name: str, number: int) -> None:
        self.counts[name] += number

    def rate(self, name: str) -> float:
        return self.counts[name] / 5

    def run_open(self, name: str, *, total: int, ranges: Sequence[str]) -> None:
        self.states[name] = RunState(name, total, 0, len(ranges), False)
        self.left[name] = set(ranges)

    def run_add(self, name: str, *, done: int, finished: str = "") -> None:
        self.left[name].discard(finished)
        state = self.states[name]
        self.states[name] = replace(state, done=state.done + done, ranges_left=len(self.left[name]))

    def run_take_back(self, name: str) -> None:
        self.states[name] = replace(self.states[name], taken_back=True)

    def run_is_taken_back(self, name: str) -> bool:
        return self.states[name].taken_back

    def runs(self) -> list[RunState]:
        return [state for state in self.states.values() if state.ranges_left and not state.taken_back]

    def run(self, name: str) -> RunState | None:
        self._answer()
        return self.states.get(name)

    def _answer(self) -> None:
        if self.away:
            raise BrokerError("the broker does not answer (ConnectionError)")
