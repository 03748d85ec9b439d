"""Whether the process is alive and whether it can serve: for whoever runs it, before any login.

Neither asks for a key: load balancers have none, and the answers name parts, never their contents or messages.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from moderation.scoring import ScoringError
from moderation.services.errors import ServiceError
from moderation.services.model_versions import model_check

logger = logging.getLogger(__name__)
OK = "ok"
UNAVAILABLE = 503


class NotReadyError(Exception):
    """A part that is not ready; the message says which state it is in."""


def _database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        raise NotReadyError("unreachable") from error
    if _file_is_gone():
        raise NotReadyError("unreachable")


def _file_is_gone() -> bool:
    """Says whether SQLite's file was removed: an open connection goes on with it, and nobody else sees its rows."""
    name = str(connection.settings_dict["NAME"])
    return connection.vendor == "sqlite" and "memory" not in Path(name).name and not Path(name).exists()


@lru_cache(maxsize=1)
def _migrations_known() -> frozenset[tuple[str, str]]:
    """The migrations of this version: a process never sees others."""
    return frozenset(MigrationLoader(connection).graph.nodes)


def _migrations() -> None:
    try:
        missing = _migrations_known() - set(MigrationRecorder(connection).applied_migrations())
    except DatabaseError as error:
        raise NotReadyError("unreachable") from error
    if missing:
        raise NotReadyError("missing")


def _model() -> None:
    try:
        model_check()
    except (ScoringError, ServiceError, DatabaseError) as error:
        raise NotReadyError("does not load") from error


def _cache() -> None:
    try:
        cache.get("readyz")
    # Whatever the client of Redis raises: Django wraps none of it.
    except Exception as error:
        raise NotReadyError("unreachable") from error


def _parts() -> Mapping[str, Callable[[], None]]:
    parts = {"database": _database, "migrations": _migrations, "model": _model}
    return {**parts, "cache": _cache} if settings.REDIS_URL else parts


def _state(part: Callable[[], None]) -> str:
    try:
        part()
    except NotReadyError as error:
        return str(error)
    return OK


class Readiness:
    """What the parts said a moment ago: whoever asks often, without a key, has them asked once in `SECONDS`.

    One caller asks at a time. The others have the last answer meanwhile, up to `STALE_SECONDS`, so that a part that
    hangs holds up one request and is told of after that time.
    """

    SECONDS, STALE_SECONDS, WAIT_SECONDS = 3, 15, 1

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Has the parts asked anew."""
        self._asked, self._states = float("-inf"), dict[str, str]()

    def states(self) -> Mapping[str, str]:
        """Returns the state of each part, `ok` or what is wrong."""
        if self._age() < self.SECONDS:
            return self._states
        stale = self._age() < self.STALE_SECONDS
        if not self._lock.acquire(timeout=0 if stale else self.WAIT_SECONDS):
            return self._states if stale else dict.fromkeys(_parts(), "not checked")
        try:
            return self._states if self._age() < self.SECONDS else self._ask()
        finally:
            self._lock.release()

    def _age(self) -> float:
        return time.monotonic() - self._asked

    def _ask(self) -> Mapping[str, str]:
        self._states = {name: _state(part) for name, part in _parts().items()}
        self._asked = time.monotonic()
        if any(state != OK for state in self._states.values()):
            logger.warning("not ready: %s", self._states)
        return self._states


readiness = Readiness()


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answers 200 while the process answers at all; asks nothing else, so that a slow database kills no process."""
    return JsonResponse({"status": OK})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answers 200 if all that serving needs was there a moment ago, else 503.

    The database is reachable, its migrations are applied, the model's files are the registered ones and it loads, and
    Redis answers if there is one.
    """
    states = readiness.states()
    ready = all(state == OK for state in states.values())
    body = {"status": OK if ready else "unavailable", "parts": states}
    return JsonResponse(body, status=200 if ready else UNAVAILABLE)
