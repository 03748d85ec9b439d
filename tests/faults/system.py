"""The whole system on one machine: PostgreSQL, a Redis of its own, a worker, beat, and who posts and decides."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.invariants import UNDELIVERED, UNSCORED, Acknowledged, violations
from tests.moderation.services.webhooks.receiver import Receiver, receiving
from tests.redis_server import RedisServer

ROOT = Path(__file__).resolve().parents[2]
ACTOR = str(Path(__file__).with_name("actor.py"))
# A delivery whose sender was killed is another's after two minutes.
SETTLE_SECONDS = 180
CELERY = [sys.executable, "-m", "celery", "-A", "config.celery"]


@dataclass
class System:
    """What runs, and the faults that are done to it."""

    url: str
    folder: Path
    receiver: Receiver
    processes: int = 1
    restarts: int = 0
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    redis: RedisServer = field(init=False)

    def __post_init__(self) -> None:
        self.redis = RedisServer(self.folder)

    @property
    def env(self) -> dict[str, str]:
        own = {
            "DATABASE_URL": self.url,
            "CELERY_BROKER_URL": self.redis.url,
            "MODERATION_LEASE_SECONDS": "5",
            "MODERATION_WEBHOOKS_PRIVATE": "true",
            "MODERATION_THREADS": "1",
            "REDIS_URL": "",
        }
        return {**os.environ, **own}

    def begin(self, *, comments: int, seed: int) -> None:
        self.redis.start()
        self._call("manage.py", "migrate", "--verbosity=0")
        self._call(ACTOR, "setup", self.receiver.url, str(comments))
        self.worker_start()
        self.beat_start()
        self._start("actor", [sys.executable, ACTOR, "write", str(self._told), str(self._stop), str(seed)])

    def worker_start(self) -> None:
        self._start("worker", [*CELERY, "worker", "-n", "faults@%h", "-c", str(self.processes)])

    def beat_start(self) -> None:
        self._start("beat", [*CELERY, "beat", "--schedule", str(self.folder / "beat"), "--pidfile", ""])

    def child_kill(self, chance: random.Random) -> None:
        """Kills one process of the worker, which the worker replaces; killed while it begins, it ends the worker."""
        self.wait_for(lambda: bool(self._children("worker")))
        os.kill(chance.choice(self._children("worker")), signal.SIGKILL)

    def worker_kill(self, _chance: random.Random) -> None:
        self._kill("worker")
        self.worker_start()

    def beat_kill(self, _chance: random.Random) -> None:
        self._kill("beat")
        self.beat_start()

    def redis_flush(self, _chance: random.Random) -> None:
        self.redis.client.flushall()

    def redis_stop(self, chance: random.Random) -> None:
        self.redis.stop()
        time.sleep(chance.uniform(0.2, 2.0))
        self.redis.start()

    def end_writing(self) -> None:
        """Ends the process that posts and decides."""
        self._stop.touch()
        assert self.running.pop("actor").wait(30) == 0

    def settle(self) -> None:
        """Waits until nothing is unscored or undelivered; fails if for long nothing becomes less."""
        left = self._left()
        while any(left):
            self.wait_for(lambda before=left: self._left() < before, SETTLE_SECONDS)  # type: ignore[misc]
            left = self._left()

    def scored(self) -> int:
        ((count,),) = self.query("SELECT count(*) FROM moderation_score", [])
        return int(count)

    def _received(self) -> list[str]:
        return [one.id.removeprefix("msg_") for one in list(self.receiver.received)]

    def _left(self) -> tuple[int, int]:
        return len(self.query(UNSCORED, [])), len(self.query(UNDELIVERED, []))

    def violations(self, *, settled: bool = False) -> list[str]:
        return violations(self.query, self.told(), settled=settled)

    def told(self) -> Acknowledged:
        lines = self._told.read_text(encoding="ascii").splitlines() if self._told.exists() else []
        words = [line.split() for line in lines if line.count(" ") == 1]
        comments, decisions = ([int(pk) for kind, pk in words if kind == name] for name in ("comment", "decision"))
        return Acknowledged(comments, decisions, self._received)

    def supervise(self) -> None:
        """Starts the worker again if it ended, as systemd does."""
        if self.running["worker"].poll() is not None:
            self.restarts += 1
            self.worker_start()

    def query(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(sql.encode(), parameters).fetchall()

    def wait_for(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            self.supervise()
            assert time.monotonic() < end, f"it took too long; left unscored and undelivered: {self._left()}"
            time.sleep(0.2)

    def close(self) -> None:
        for name in list(self.running):
            self._kill(name)
        self.redis.stop()

    @property
    def _told(self) -> Path:
        return self.folder / "told"

    @property
    def _stop(self) -> Path:
        return self.folder / "stop"

    def _call(self, *arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], cwd=ROOT, env=self.env, check=True, timeout=120)

    def _start(self, name: str, command: Sequence[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log)

    def _children(self, name: str) -> list[int]:
        pid = self.running[name].pid
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [int(child) for child in listed.split()]

    def _kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.kill()
        process.wait()


@contextmanager
def system(folder: Path, base: str, *, processes: int = 1) -> Iterator[System]:
    """Gives a system on a database of its own, which is dropped afterwards; `base` is a server's URL without a name."""
    name = f"faults_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection, receiving() as receiver:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        whole = System(f"{base}/{name}", folder, receiver, processes)
        try:
            yield whole
        finally:
            whole.close()
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
