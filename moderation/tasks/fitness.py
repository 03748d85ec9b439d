"""Whether this worker process can score: it opens the model once, after the fork, and says so if it cannot.

A process that cannot asks its own worker, by Celery's remote control, to take nothing from the queues of scoring, and
to take from them again once the model opens. Which queues those are is known before the fork.
"""

import logging
import os
import resource
import threading
from collections.abc import Sequence
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.db import connection
from kombu.exceptions import OperationalError

from moderation.scoring import ScoringError
from moderation.services.errors import ServiceError
from moderation.services.model_versions import model_check, scorer_active

logger = logging.getLogger(__name__)

# Between two tries to open a model that did not open.
RETRY_SECONDS = 10.0
MEBIBYTE = 2**20
PAGE = resource.getpagesize()


class Fitness:
    """The state of one worker process; `worker` and `queues` are set before the fork."""

    def __init__(self) -> None:
        self.worker = ""
        self.queues: tuple[str, ...] = ()
        self._why = ""
        self._trying = threading.Lock()

    def prepare(self, *, worker: str, queues: Sequence[str]) -> None:
        """Remembers the worker's name and those of its queues whose tasks need a model."""
        self.worker, self.queues = worker, tuple(queues)

    def open(self) -> None:
        """Opens the active model, if the worker takes anything from a queue of scoring."""
        if not self.queues:
            return
        try:
            scorer_active().load()
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker goes on without the model
            self.lose(why(error))
        else:
            logger.info("worker process %d has the model open: %d MiB resident", os.getpid(), resident())

    def check(self) -> None:
        """Raises ScoringError if this process cannot score."""
        if self._why:
            raise ScoringError(self._why, "This worker cannot score.", retryable=True)

    def lose(self, why: str) -> None:
        """Notes that the model does not open, takes the worker off its queues, and tries again in the background."""
        self._why = why
        logger.error("this worker cannot open the model (%s): it takes nothing from %s", why, ", ".join(self.queues))
        if self._trying.acquire(blocking=False):
            threading.Thread(target=self._try_until_fit, name="model", daemon=True).start()

    def _try_until_fit(self) -> None:
        pause = threading.Event()
        try:
            while not self._opens():
                # Each time: the first may come before the worker listens.
                self._tell(takes=False)
                pause.wait(RETRY_SECONDS)
            self._why = ""
            logger.warning("this worker can open the model again: it takes from %s", ", ".join(self.queues))
            self._tell(takes=True)
        finally:
            self._trying.release()

    @staticmethod
    def _opens() -> bool:
        try:
            model_check()
        except Exception:  # noqa: BLE001 - tried again
            return False
        finally:
            connection.close()
        return True

    def _tell(self, *, takes: bool) -> None:
        control = current_app.control
        tell = control.add_consumer if takes else control.cancel_consumer
        try:
            for queue in self.queues:
                tell(queue, destination=[self.worker])
        except OperationalError as error:
            logger.warning("the broker does not answer: %s", type(error).__name__)


fitness = Fitness()


def why(error: Exception) -> str:
    """Returns what may be logged of an error: the engine's code, else the type's name, never the message."""
    return error.code if isinstance(error, ScoringError | ServiceError) else type(error).__name__


def threads_share(*, processes: int) -> int:
    """Returns how many threads each of a worker's processes gets of the cores that they may use: at least one."""
    return max(1, cores_usable() // max(1, processes))


def cores_usable() -> int:
    """Returns the cores that this process may use: of its affinity, and of the quota of its control group."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, quota_cores(Path("/sys/fs/cgroup/cpu.max")) or cores)


def quota_cores(path: Path) -> int | None:
    """Returns the cores that a control group's `cpu.max` allows, at least one; None if it sets no limit."""
    try:
        quota, period = path.read_text(encoding="ascii").split()
        return None if quota == "max" else max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return None


def threads_set(*, processes: int) -> None:
    """Gives each process its share of the cores, unless `MODERATION_THREADS` says how many threads."""
    if not settings.MODERATION_THREADS:
        settings.MODERATION_THREADS = threads_share(processes=processes)


def resident() -> int:
    """Returns this process's resident memory in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * PAGE // MEBIBYTE
