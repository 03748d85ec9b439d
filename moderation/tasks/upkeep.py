"""What a clock asks for: the sweep, webhooks, deferrals, closing, figures, retention; and judging again.

Those of the clock are acknowledged early, because the clock asks again. Each may run twice at once.
"""

import time

from moderation.services.bulk_acts.acts import bulk_acts_run
from moderation.services.distribution.hand_out import broker_needed
from moderation.services.distribution.parts import Deadline, rejudging_part
from moderation.services.distribution.sweep import unscored_sweep
from moderation.services.review.deferrals import deferred_return
from moderation.services.statistics.snapshot import hour_snapshot
from moderation.services.upkeep import retention_run, webhooks_send
from moderation.services.verdicts.triage import comments_close
from moderation.services.work.broker import Task
from moderation.tasks.failures import task

# How long one task sends webhooks, or goes on with long acts, before others get their turn.
SEND_SECONDS = 20.0


@task(Task.REJUDGE_RANGE, late=True)
def rejudge_range(pk: int) -> None:
    """Judges a range of ids again."""
    rejudging_part(pk=pk, broker=broker_needed())


@task("moderation.sweep")
def sweep() -> None:
    """Hands out what is unscored and what no worker has."""
    unscored_sweep(broker=broker_needed())


@task("moderation.send_webhooks")
def send_webhooks() -> None:
    """Sends what is due to webhook targets."""
    webhooks_send(stop=Deadline(time.monotonic() + SEND_SECONDS).passed)


@task("moderation.return_deferred")
def come_back() -> None:
    """Returns deferred comments that are due, and closes those that were withdrawn, erased or deleted."""
    deferred_return()
    comments_close()


@task("moderation.bulk_acts")
def go_on() -> None:
    """Goes on with actions on many comments whose page nobody has open."""
    bulk_acts_run(stop=Deadline(time.monotonic() + SEND_SECONDS).passed)


@task("moderation.count_days")
def count_days() -> None:
    """Counts today, and one of the days before it."""
    hour_snapshot()


@task("moderation.retention")
def retention() -> None:
    """Erases what was kept longer than MODERATION_RETENTION says."""
    retention_run()
