"""A task that fails says which type of error it was, never the message: a database's message quotes the row.

A message that is acknowledged late is put back if the database or the broker is away; any other failure ends it, and
what it was about stays in the database for the sweep.
"""

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from celery import shared_task
from celery.exceptions import Reject, SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError

from moderation.services.work.broker import BrokerError

logger = logging.getLogger(__name__)

# Before a message is put back, so that it does not come back at once to where it cannot be done.
PUT_BACK_SECONDS = 1.0
AWAY = (OperationalError, InterfaceError, BrokerError)


class TaskFailedError(Exception):
    """A task failed; the message is the type of the error."""


def task(name: str, *, late: bool = False) -> Callable[[Callable[..., None]], Any]:
    """Declares a task; `late` acknowledges its message once it is done, so that it survives its worker."""

    def declare(function: Callable[..., None]) -> Any:
        @wraps(function)
        def run(*args: Any, **options: Any) -> None:
            try:
                function(*args, **options)
            except (Reject, SoftTimeLimitExceeded):
                raise
            except Exception as error:
                logger.exception("%s failed", name)
                if late and isinstance(error, AWAY):
                    raise put_back(type(error).__name__) from None
                raise TaskFailedError(type(error).__name__) from None

        return shared_task(name=name, acks_late=late)(run)

    return declare


def put_back(why: str) -> Reject:
    """Returns what puts the message back into its queue, after a moment."""
    time.sleep(PUT_BACK_SECONDS)
    return Reject(why, requeue=True)
