"""The port `moderation.services.work` over Celery and the Redis that carries its messages.

Beside the messages Redis holds counts, the runs of commands and where the sweep ended: all of it may be lost.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from celery.exceptions import CeleryError
from django.conf import settings
from kombu.exceptions import KombuError
from redis import Redis, RedisError

from config.celery import CONNECT_SECONDS, app
from moderation.services.work.broker import QUEUES, BrokerError, Queue, QueueState, RunState, Task, WorkerState

PREFIX = "moderato"
WEEK = 7 * 86_400
MINUTE, RATE_MINUTES = 60, 5
ANSWER_SECONDS = 1.0


class CeleryBroker:
    """Sends by Celery; reads and counts in its Redis. Safe to share between threads."""

    def __init__(self) -> None:
        """Opens no connection yet."""
        waits = {"socket_connect_timeout": CONNECT_SECONDS, "socket_timeout": CONNECT_SECONDS}
        self._redis: Any = Redis.from_url(settings.CELERY_BROKER_URL, decode_responses=True, **waits)

    def close(self) -> None:
        """Closes the connections for reading and counting."""
        self._redis.close()

    def send(self, task: Task, calls: Iterable[Mapping[str, Any]]) -> None:
        """Sends a message for each call."""
        with _answers(), app.producer_pool.acquire(block=True, timeout=CONNECT_SECONDS) as producer:
            for call in calls:
                app.send_task(task, kwargs=dict(call), queue=QUEUES[task].value, producer=producer, retry=False)

    def waiting(self, queue: Queue) -> int:
        """Returns how many messages wait in a queue."""
        with _answers():
            return int(self._redis.llen(queue.value))

    def queues(self) -> list[QueueState]:
        """Returns all queues."""
        with _answers():
            return [self._queue(queue.value) for queue in Queue]

    def workers(self) -> list[WorkerState]:
        """Returns the workers that answer within a second."""
        with _answers():
            inspect = app.control.inspect(timeout=ANSWER_SECONDS)
            taking, active = inspect.active_queues() or {}, inspect.active() or {}
        return [
            WorkerState(name, tuple(queue["name"] for queue in queues), len(active.get(name) or []))
            for name, queues in sorted(taking.items())
        ]

    def mark(self, name: str, value: int | None = None) -> int:
        """Returns a number that is kept for all processes."""
        key = f"{PREFIX}:mark:{name}"
        with _answers():
            if value is not None:
                self._redis.set(key, value)
            return int(self._redis.get(key) or 0)

    def count(self, name: str, number: int) -> None:
        """Adds to a counter of the current minute. A count is not worth a failure: nothing is raised."""
        key = _minute_key(name, int(time.time()) // MINUTE)
        try:
            self._redis.pipeline().incrby(key, number).expire(key, (RATE_MINUTES + 2) * MINUTE).execute()
        except RedisError:
            return

    def rate(self, name: str) -> float:
        """Returns a counter's mean number a minute over the last five full minutes."""
        now = int(time.time()) // MINUTE
        keys = [_minute_key(name, now - ago) for ago in range(1, RATE_MINUTES + 1)]
        with _answers():
            return sum(int(found or 0) for found in self._redis.mget(keys)) / RATE_MINUTES

    def run_open(self, name: str, *, total: int, ranges: Sequence[str]) -> None:
        """Records work that is about to be handed out."""
        with _answers():
            pipeline = self._redis.pipeline()
            pipeline.hset(_run_key(name), mapping={"total": total, "done": 0}).expire(_run_key(name), WEEK)
            pipeline.sadd(_ranges_key(name), *ranges).expire(_ranges_key(name), WEEK)
            pipeline.sadd(f"{PREFIX}:runs", name).execute()

    def run_add(self, name: str, *, done: int, finished: str = "") -> None:
        """Adds to a run's comments, and takes a range that is finished off its list."""
        with _answers():
            if not self._redis.exists(_run_key(name)):
                return
            pipeline = self._redis.pipeline().hincrby(_run_key(name), "done", done)
            if finished:
                pipeline.srem(_ranges_key(name), finished)
            pipeline.execute()

    def run_take_back(self, name: str) -> None:
        """Marks a run as taken back."""
        with _answers():
            self._redis.pipeline().hset(_run_key(name), "taken_back", 1).expire(_run_key(name), WEEK).execute()

    def run_is_taken_back(self, name: str) -> bool:
        """Returns whether a run was taken back."""
        with _answers():
            return bool(self._redis.hget(_run_key(name), "taken_back"))

    def runs(self) -> list[RunState]:
        """Returns the runs of the last week that are not finished, and forgets the others."""
        with _answers():
            names = sorted(self._redis.smembers(f"{PREFIX}:runs"))
            found = {name: self.run(name) for name in names}
            over = [name for name, run in found.items() if run is None or run.taken_back or not run.ranges_left]
            if over:
                self._redis.srem(f"{PREFIX}:runs", *over)
        return [run for name, run in found.items() if run and name not in over]

    def run(self, name: str) -> RunState | None:
        """Returns one run; None if Redis does not know it."""
        with _answers():
            found = self._redis.hgetall(_run_key(name))
            left = int(self._redis.scard(_ranges_key(name)))
        if "total" not in found:
            return None
        return RunState(name, int(found["total"]), int(found["done"]), left, "taken_back" in found)

    def _queue(self, name: str) -> QueueState:
        waiting = int(self._redis.llen(name))
        # Producers push on the left, workers pop from the right.
        oldest = self._redis.lindex(name, -1)
        return QueueState(name, waiting, _age(oldest) if oldest else None)


def _age(message: str) -> float | None:
    sent = json.loads(message).get("headers", {}).get("sent")
    return max(0.0, time.time() - float(sent)) if sent else None


def _minute_key(name: str, minute: int) -> str:
    return f"{PREFIX}:count:{name}:{minute}"


def _run_key(name: str) -> str:
    return f"{PREFIX}:run:{name}"


def _ranges_key(name: str) -> str:
    return f"{PREFIX}:run:{name}:ranges"


@contextmanager
def _answers() -> Iterator[None]:
    """Raises BrokerError, without the address and its password, if the broker does not answer."""
    try:
        yield
    except (RedisError, KombuError, CeleryError, OSError) as error:
        raise BrokerError(f"the broker does not answer ({type(error).__name__})") from error
