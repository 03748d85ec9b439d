"""How gunicorn serves Moderato: few processes (each holds the model), some threads, no query string in a log."""

import os
import sys
from contextlib import suppress


def number(name: str, default: int) -> int:
    """Returns a whole number from 1 on that the environment may set; ends the start with a line that names it."""
    value = os.environ.get(name, str(default)).strip()
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        sys.exit(f"{name} must be a whole number from 1 on.")
    return int(value)


bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = number("WEB_CONCURRENCY", 1)
# Four fifths of them may wait for scores (`services.online_scoring.request_queue` reads it too); the others serve, and
# refuse at once.
threads = number("WEB_THREADS", 80)
os.environ["WEB_THREADS"] = str(threads)
timeout = 60
# %(r)s would hold the query string; method and path do not.
access_log_format = "%(h)s %(m)s %(U)s %(s)s %(b)s %(M)sms"
accesslog = "-"


def post_worker_init(_worker: object) -> None:
    """Says what the database lacks, and opens the model: a client that gives up after 800 ms would not wait for it."""
    from django.db import OperationalError, ProgrammingError

    from moderation.checks import database_faults_log, settings_faults_log
    from moderation.scoring import ScoringError
    from moderation.services.model_versions import scorer_active

    if settings_faults_log():
        sys.exit(3)  # gunicorn's own status for a worker that cannot start
    # A database that is not migrated yet or away for a moment is for `/readyz` to tell, not a reason to end.
    with suppress(OperationalError, ProgrammingError, ScoringError):
        database_faults_log()
        scorer_active().load()
