"""Whether the process is alive and whether it can serve: for whoever runs it, before any login.

Neither asks for a key: load balancers have none, and the answers name parts, never their contents or messages.
"""

import logging
from collections.abc import Callable, Mapping
from functools import lru_cache

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from moderation.scoring import ScoringError
from moderation.services.errors import ServiceError
from moderation.services.model_versions import scorer_active

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


@lru_cache(maxsize=1)
def _migrations_applied() -> bool:
    """Raises where some are missing, so that only the good answer is remembered: a process never loses migrations."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotReadyError("missing")
    return True


def _migrations() -> None:
    try:
        _migrations_applied()
    except DatabaseError as error:
        raise NotReadyError("unreachable") from error


def _model() -> None:
    try:
        scorer_active()
    except (ScoringError, ServiceError, DatabaseError) as error:
        raise NotReadyError("does not load") from error


PARTS: Mapping[str, Callable[[], None]] = {"database": _database, "migrations": _migrations, "model": _model}


def _state(part: Callable[[], None]) -> str:
    try:
        part()
    except NotReadyError as error:
        return str(error)
    return OK


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answers 200 while the process answers at all; asks nothing else, so that a slow database kills no process."""
    return JsonResponse({"status": OK})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answers 200 where the database is reachable, its migrations are applied and the model loads; else 503."""
    states = {name: _state(part) for name, part in PARTS.items()}
    ready = all(state == OK for state in states.values())
    if not ready:
        logger.warning("not ready: %s", states)
    return JsonResponse(
        {"status": OK if ready else "unavailable", "parts": states}, status=200 if ready else UNAVAILABLE
    )
