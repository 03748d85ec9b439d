"""gunicorn's configuration: few processes (each loads the model), many threads, no query strings in logs.

`config.server.worker` keeps slow clients out of the threads.
"""

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import gunicorn.util

from config.installation.logs import gunicorn_logging
from config.server.unread_requests import write_problem

if TYPE_CHECKING:
    from config.server.worker import BufferingWorker

gunicorn.SERVER = "Moderato"
gunicorn.util.write_error = write_problem
logconfig_dict = gunicorn_logging()


def number(name: str, default: int) -> int:
    """Returns a positive integer from the environment; exits with a line that names the variable if it is invalid."""
    value = os.environ.get(name, str(default)).strip()
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        sys.exit(f"{name} must be a whole number from 1 on.")
    return int(value)


bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "config.server.worker.BufferingWorker"
workers = number("WEB_CONCURRENCY", 1)
# Four fifths of them may wait for scores (`services.online_scoring.request_queue` reads this too); the others serve
# everything else. Calls beyond that wait without a thread (`config.server.lanes`).
threads = number("WEB_THREADS", 80)
os.environ["WEB_THREADS"] = str(threads)
# Open connections per process; beyond that the one that has waited longest is closed. Below the usual 1,024 files.
worker_connections = 500
# Seconds after which a silent process is killed, and a connection whose request takes that long is closed.
timeout = 60
graceful_timeout = 30
# A proxy should drop idle connections sooner (docs/how-to/nginx.conf), or it may use one that was just closed.
keepalive = 5
# gunicornc is not used here, and two servers of one user would share its socket.
control_socket_disable = True
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
# %(r)s would include the query string; method and path do not.
access_log_format = "%(h)s %(m)s %(U)s %(s)s %(b)s %(M)sms"
accesslog = "-"


def post_worker_init(worker: "BufferingWorker") -> None:
    """Logs what the database lacks, and loads the default language's model, for clients that give up after 800 ms.

    Runs in the worker, never before the fork (no `preload_app` that scores): OpenVINO's threads do not survive a fork.
    """
    # A short request among N long ones waits for N turns, 5 ms each by Python's default, and again after each query.
    sys.setswitchinterval(0.0005)
    from django.conf import settings
    from django.db import OperationalError, ProgrammingError

    from moderation.checks import database_faults_log, settings_faults_log
    from moderation.scoring import ScoringError
    from moderation.services.errors import ServiceError
    from moderation.services.ledger.audit import settings_record
    from moderation.services.model_versions import scorer_active

    if settings_faults_log():
        sys.exit(3)  # gunicorn's own status for a worker that cannot start
    worker.scored.seconds = settings.MODERATION_QUEUE_SECONDS
    # `/readyz` reports a database that is not migrated or briefly unreachable, and a model that is not there; that is
    # no reason to exit.
    with suppress(OperationalError, ProgrammingError, ScoringError, ServiceError):
        database_faults_log()
        settings_record()
        scorer_active().load()
