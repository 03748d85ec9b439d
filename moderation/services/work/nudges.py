"""Tells workers that comments came, after the transaction that stored them; does nothing without a broker.

A broker that does not answer delays nobody: it is left alone for a moment, and the sweep finds the comments later.
"""

import logging
import time
from collections.abc import Sequence

from django.db import transaction

from moderation.services.work.broker import BrokerError, Task, broker_active

logger = logging.getLogger(__name__)

# Comments of a message: a batch of the model.
BATCH = 64
# How long a broker that did not answer is left alone.
PAUSE_SECONDS = 5.0
_paused_until = 0.0


def comments_nudge(*, ids: Sequence[int]) -> None:
    """Hands these comments to a worker once the transaction is committed. Never raises: a lost nudge loses nothing."""
    if ids and broker_active() is not None:
        transaction.on_commit(lambda: _send(list(ids)))


def _send(ids: Sequence[int]) -> None:
    global _paused_until  # noqa: PLW0603 - one broker a process
    broker = broker_active()
    if broker is None or time.monotonic() < _paused_until:
        return
    calls = [{"ids": list(ids[at : at + BATCH])} for at in range(0, len(ids), BATCH)]
    try:
        broker.send(Task.SCORE_POSTED, calls)
    except BrokerError as error:
        _paused_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("no nudge for %d comment(s), the sweep will find them: %s", len(ids), error)
