"""How gunicorn serves Moderato: few processes (each holds the model), some threads, no query string in a log.

Slow clients wait outside the threads: `config.worker` says how.
"""

import os
import sys
from contextlib import suppress

bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "config.worker.BufferingWorker"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
# Four fifths of them may wait for scores (`services.online_scoring.request_queue` reads it too); the others serve, and
# refuse at once.
threads = int(os.environ.setdefault("WEB_THREADS", "80"))
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


def post_worker_init(_worker: object) -> None:
    """Lets threads take turns often, and opens the model before the first request, which may not wait for it long."""
    # A short request among long ones waits for as many turns as there are of them, 5 ms each by Python's default.
    sys.setswitchinterval(0.001)
    from django.db import OperationalError, ProgrammingError

    from moderation.scoring import ScoringError
    from moderation.services.model_versions import scorer_active

    # A database that is not migrated yet or away for a moment is for `/readyz` to tell, not a reason to end.
    with suppress(OperationalError, ProgrammingError, ScoringError):
        scorer_active().load()
