"""Liveness and readiness checks for operators and load balancers.

They need no key, because load balancers have none; responses name components, never their contents or error messages.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from moderation.scoring import ScoringError
from moderation.services.accounts.rate_limits import rate_limiter
from moderation.services.errors import ServiceError
from moderation.services.model_versions import model_check

logger = logging.getLogger(__name__)
OK = "ok"
UNAVAILABLE = 503
# Parts without which everything is served all the same: each process then counts keys' requests itself.
DISPENSABLE = frozenset({"cache"})


class NotReadyError(Exception):
    """A component is not ready; the message is its state."""


def _database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        raise NotReadyError("unreachable") from error
    if _file_is_gone():
        raise NotReadyError("unreachable")


def _file_is_gone() -> bool:
    """Returns whether SQLite's file was deleted: an open connection keeps using it, but nobody else sees its rows."""
    name = str(connection.settings_dict["NAME"])
    return connection.vendor == "sqlite" and "memory" not in Path(name).name and not Path(name).exists()


@lru_cache(maxsize=1)
def _migrations_known() -> frozenset[tuple[str, str]]:
    """Returns the migrations of this version, which cannot change while the process runs."""
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


def _redis() -> None:
    if not rate_limiter().check():
        raise NotReadyError("unreachable")


def _parts() -> Mapping[str, Callable[[], None]]:
    parts = {"database": _database, "migrations": _migrations, "model": _model}
    return {**parts, "cache": _redis} if settings.REDIS_URL else parts


def _state(part: Callable[[], None]) -> str:
    try:
        part()
    except NotReadyError as error:
        return str(error)
    return OK


class Readiness:
    """The cached states of the components, checked at most once per `SECONDS`, because anybody may ask without a key.

    One caller checks at a time. Meanwhile the others get the last result for up to `STALE_SECONDS`, so that a component
    that hangs delays one request and is reported after that time.
    """

    SECONDS, STALE_SECONDS, WAIT_SECONDS = 3, 15, 1

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Drops the cached states."""
        self._checked_at, self._states = float("-inf"), dict[str, str]()

    def states(self) -> Mapping[str, str]:
        """Returns the state of each component: `ok`, or what is wrong."""
        if self._age() < self.SECONDS:
            return self._states
        stale = self._age() < self.STALE_SECONDS
        if not self._lock.acquire(timeout=0 if stale else self.WAIT_SECONDS):
            return self._states if stale else dict.fromkeys(_parts(), "not checked")
        try:
            return self._states if self._age() < self.SECONDS else self._check()
        finally:
            self._lock.release()

    def _age(self) -> float:
        return time.monotonic() - self._checked_at

    def _check(self) -> Mapping[str, str]:
        self._states = {name: _state(part) for name, part in _parts().items()}
        self._checked_at = time.monotonic()
        if any(state != OK for state in self._states.values()):
            logger.warning("not ready: %s", self._states)
        return self._states


readiness = Readiness()


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Always returns 200. Checks nothing, so that a slow database does not get the process restarted."""
    return JsonResponse({"status": OK})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Returns 200 if everything needed for serving was available a moment ago, else 503.

    The database must be reachable with its migrations applied, and the model's files must match the registered hash
    and load. If Redis is configured and does not answer, the status is `degraded`, still with 200.
    """
    states = readiness.states()
    failed = {name for name, state in states.items() if state != OK}
    status = "unavailable" if failed - DISPENSABLE else "degraded" if failed else OK
    return JsonResponse({"status": status, "parts": states}, status=200 if failed <= DISPENSABLE else UNAVAILABLE)
