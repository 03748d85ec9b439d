"""What a worker does when it starts and when it forks: Celery's signals, connected by being imported."""

import time
from typing import Any

from celery.signals import before_task_publish, celeryd_after_setup, worker_process_init

from moderation.services.work.broker import SCORING_QUEUES
from moderation.tasks.fitness import fitness, threads_set

SENT_HEADER = "sent"


@celeryd_after_setup.connect
def worker_prepare(sender: str, instance: Any, **_: Any) -> None:
    """Before the fork: which queues the worker takes from, and how many threads each of its processes gets."""
    queues = instance.app.amqp.queues.consume_from
    fitness.prepare(worker=sender, queues=[queue for queue in SCORING_QUEUES if queue in queues])
    threads_set(processes=instance.concurrency or 1)


@worker_process_init.connect
def process_open(**_: Any) -> None:
    """After the fork the model is opened once: OpenVINO's threads do not survive a fork."""
    fitness.open()


@before_task_publish.connect
def sent_note(headers: dict[str, Any], **_: Any) -> None:
    """Notes in each message when it was sent, so that the oldest that waits can be told."""
    headers.setdefault(SENT_HEADER, time.time())
