"""The Celery app: queues, how messages are acknowledged and come back, and what beat asks for.

`celery -A config.celery worker -Q interactive` and `celery -A config.celery beat` start here. The rows in the database
are the truth and a message is a nudge: what Redis loses, the sweep hands out again.
"""

import logging
import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging
from django.conf import settings
from kombu import Queue as KombuQueue

from moderation.services.work.broker import QUEUES, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# A message that was not acknowledged in this time is given to another worker; each part of work ends well before.
VISIBILITY_SECONDS = 30
# How often a worker looks for such messages.
RESTORE_SECONDS = 5
# A task that hangs is ended: softly, then with its process. Its comments are found by the sweep.
SOFT_SECONDS, HARD_SECONDS = 120, 150
# How long a process may take to open the model on a busy machine, before it is killed as one that hangs.
START_SECONDS = 60.0
SWEEP_SECONDS = 2.0
# How long every process of a worker may be busy with ranges, which it must not miss the clock for: some parts of work.
BUSY_SECONDS = 40.0
MINUTE = 60.0
# Redis may be slow for a moment; whoever nudges does not wait longer.
CONNECT_SECONDS = 2


def timed(task: str, seconds: Any, *, expires: float, queue: Queue = Queue.MAINTENANCE) -> dict[str, Any]:
    """Returns an entry of beat's: the clock asks again, so that a message that waited long is dropped."""
    return {"task": f"moderation.{task}", "schedule": seconds, "options": {"queue": queue.value, "expires": expires}}


SCHEDULE = {
    "sweep": timed("sweep", SWEEP_SECONDS, expires=BUSY_SECONDS),
    "webhooks": timed("send_webhooks", SWEEP_SECONDS, expires=BUSY_SECONDS, queue=Queue.OUTBOUND),
    "bulk_acts": timed("bulk_acts", SWEEP_SECONDS, expires=BUSY_SECONDS),
    "deferred": timed("return_deferred", MINUTE, expires=MINUTE),
    # Late in the hour, so that the last of a day tells how it ended.
    "figures": timed("count_days", crontab(minute="50"), expires=10 * MINUTE),
}
if settings.MODERATION_RETENTION_NIGHTLY:
    SCHEDULE["retention"] = timed("retention", crontab(hour="3", minute="30"), expires=3 * 3_600.0)

app = Celery("moderato", broker=settings.CELERY_BROKER_URL or "memory://")
app.conf.update(
    task_queues=[KombuQueue(queue.value) for queue in Queue],
    task_default_queue=Queue.MAINTENANCE.value,
    task_routes={task.value: {"queue": queue.value} for task, queue in QUEUES.items()},
    task_create_missing_queues=False,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    # A worker takes one message a process; a process that is killed gives it back.
    worker_prefetch_multiplier=1,
    task_reject_on_worker_lost=True,
    worker_proc_alive_timeout=START_SECONDS,
    task_soft_time_limit=SOFT_SECONDS,
    task_time_limit=HARD_SECONDS,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_SECONDS,
        "unacked_restore_interval": RESTORE_SECONDS,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_keepalive": True,
    },
    # Nobody asks for events, gossip or who is there: `status` asks the workers themselves.
    worker_send_task_events=False,
    beat_schedule=SCHEDULE,
    timezone=settings.TIME_ZONE,
    imports=["moderation.tasks.scoring", "moderation.tasks.upkeep", "moderation.tasks.worker"],
)


@setup_logging.connect
def logging_keep(**_: Any) -> None:
    """Keeps Django's logging: Celery's own would be no JSON. What the clock asks for every two seconds is not told."""
    for name in ("celery.worker.strategy", "celery.app.trace", "celery.beat"):
        logging.getLogger(name).setLevel(logging.WARNING)
