"""How gunicorn serves Moderato: few processes (each holds the model), some threads, no query string in a log."""

import os
from contextlib import suppress

bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
# Four fifths of them may wait for scores (`services.online_scoring.request_queue` reads it too); the others serve, and
# refuse at once.
threads = int(os.environ.setdefault("WEB_THREADS", "80"))
timeout = 60
# %(r)s would hold the query string; method and path do not.
access_log_format = "%(h)s %(m)s %(U)s %(s)s %(b)s %(M)sms"
accesslog = "-"


def post_worker_init(_worker: object) -> None:
    """Opens the model before the first request: a client that gives up after 800 ms would not wait for it.

    In the worker and never before the fork (no `preload_app` that scores): OpenVINO's threads do not survive one.
    """
    from django.db import OperationalError, ProgrammingError

    from moderation.scoring import ScoringError
    from moderation.services.model_versions import scorer_active

    # A database that is not migrated yet or away for a moment is for `/readyz` to tell, not a reason to end.
    with suppress(OperationalError, ProgrammingError, ScoringError):
        scorer_active().load()
