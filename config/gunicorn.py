"""How gunicorn serves Moderato: few processes (each holds the model), some threads, no query string in a log.

Slow clients wait outside the threads: `config.worker` says how.
"""

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import gunicorn

from config.logs import gunicorn_logging

if TYPE_CHECKING:
    from config.worker import BufferingWorker

gunicorn.SERVER = "Moderato"
logconfig_dict = gunicorn_logging()


def number(name: str, default: int) -> int:
    """Returns a whole number from 1 on that the environment may set; ends the start with a line that names it."""
    value = os.environ.get(name, str(default)).strip()
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        sys.exit(f"{name} must be a whole number from 1 on.")
    return int(value)


bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "config.worker.BufferingWorker"
workers = number("WEB_CONCURRENCY", 1)
# Four fifths of them may wait for scores (`services.online_scoring.request_queue` reads it too); the others serve what
# needs none. Calls beyond that wait without a thread (`config.lanes`).
threads = number("WEB_THREADS", 80)
os.environ["WEB_THREADS"] = str(threads)
# Open at once, of a process; then the one that has waited longest goes. Below the 1,024 files of a usual process.
worker_connections = 500
# A process that is silent for so long is ended, and so is a connection whose request takes so long.
timeout = 60
graceful_timeout = 30
# A proxy should let go of a connection before this (docs/how-to/nginx.conf), or it meets one that was just closed.
keepalive = 5
# Nothing here is run through gunicornc, and two servers of one user would share its socket.
control_socket_disable = True
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
# %(r)s would hold the query string; method and path do not.
access_log_format = "%(h)s %(m)s %(U)s %(s)s %(b)s %(M)sms"
accesslog = "-"


def post_worker_init(worker: "BufferingWorker") -> None:
    """Says what the database lacks, and opens the model: a client that gives up after 800 ms would not wait for it.

    In the worker and never before the fork (no `preload_app` that scores): OpenVINO's threads do not survive one.
    """
    # A short request among long ones waits for as many turns as there are of them, 5 ms each by Python's default.
    sys.setswitchinterval(0.001)
    from django.conf import settings
    from django.db import OperationalError, ProgrammingError

    from moderation.checks import database_faults_log, settings_faults_log
    from moderation.scoring import ScoringError
    from moderation.services.model_versions import scorer_active

    if settings_faults_log():
        sys.exit(3)  # gunicorn's own status for a worker that cannot start
    worker.scored.seconds = settings.MODERATION_QUEUE_SECONDS
    # A database that is not migrated yet or away for a moment is for `/readyz` to tell, not a reason to end.
    with suppress(OperationalError, ProgrammingError, ScoringError):
        database_faults_log()
        scorer_active().load()
