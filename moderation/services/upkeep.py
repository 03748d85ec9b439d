"""What has to be done from time to time, whoever asks: a clock through workers, or `manage.py maintain` from cron."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from archive.database.clock import database_now
from archive.database.search import search_purge
from moderation.services.bulk_acts.acts import bulk_acts_run
from moderation.services.privacy.retention import retention_apply
from moderation.services.review.deferrals import deferred_return
from moderation.services.verdicts.triage import comments_close
from moderation.services.webhooks.delivery import DeliveryReport, deliveries_prune, deliveries_run

Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What one run did: comments that came back, were decided on and were closed, rows erased, and what was sent."""

    returned: int
    decided: int
    closed: int
    erased: int
    sent: DeliveryReport


def upkeep_run(*, stop: Stop) -> Upkeep:
    """Does all of it once; safe to stop, to kill, to repeat and to run concurrently."""
    returned, decided, closed = deferred_return(), bulk_acts_run(stop=stop), comments_close()
    erased = retention_run(stop=stop) if settings.MODERATION_RETENTION_NIGHTLY else 0
    return Upkeep(returned, decided, closed, erased, webhooks_send(stop=stop))


def webhooks_send(*, stop: Stop) -> DeliveryReport:
    """Sends what is due, until none is left or `stop()`; deletes deliveries that arrived long ago."""
    report = deliveries_run(stop=stop)
    deliveries_prune()
    return report


def retention_run(*, stop: Stop = lambda: False) -> int:
    """Erases what was kept longer than MODERATION_RETENTION says; returns how many rows."""
    rules = settings.MODERATION_RETENTION
    if not rules:
        return 0
    erased = sum(due.rows for due in retention_apply(rules=rules, now=database_now(), stop=stop))
    search_purge()
    return erased
