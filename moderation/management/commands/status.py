"""Shows what waits, what is active, and what failed last."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.timesince import timesince

from archive.management.database import DatabaseCommand
from moderation.models import ModelVersion, PolicyVersion, WebhookTarget
from moderation.scoring.catalogue.routing import languages_routed
from moderation.services.backlog import CAP, Backlog, backlog_read, last_errors
from moderation.services.distribution.parts import SCORED
from moderation.services.model_versions import languages_allowed, models_ordered
from moderation.services.work.broker import Broker, BrokerError, QueueState, broker_active


class Command(DatabaseCommand):
    """`status`"""

    help = "Show what is unscored and pending, the oldest of each, the models, the policy, the workers and last errors."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints a line each."""
        lines = [*backlog_lines(backlog_read()), *active_lines(), *broker_lines(broker_active()), *error_lines()]
        self.stdout.write("\n".join(lines))


def backlog_lines(backlog: Backlog) -> Iterator[str]:
    """Yields what waits, and since when."""
    yield f"unscored: {counted(backlog.unscored)}{since(backlog.unscored_since, 'first received')}"
    yield f"pending: {counted(backlog.pending)}{since(backlog.pending_since, 'oldest written')}"
    yield f"held: {counted(backlog.held)}; escalated: {counted(backlog.escalated)}"


def active_lines() -> Iterator[str]:
    """Yields the models and the policy in use."""
    models = list(ModelVersion.objects.order_by("-active", "name", "version"))
    active = models_ordered([model for model in models if model.active])
    routes = languages_routed(active, languages_allowed()) if len(active) > 1 else {}
    yield f"models: {', '.join(_model_told(model, routes) for model in models) or 'none used yet'}"
    policy = PolicyVersion.objects.filter(active=True).first()
    yield f"policy: {f'version {policy.version}' if policy else 'none'}"


def _model_told(model: ModelVersion, routes: Mapping[str, ModelVersion]) -> str:
    """Returns a model, whether it is active and, if others are too, what it serves."""
    served = " ".join(code for code, one in routes.items() if one == model)
    return f"{model}{f' (active: {served})' if served else ' (active)' if model.active else ''}"


def broker_lines(broker: Broker | None) -> Iterator[str]:
    """Yields the queues, the workers, their rate and what is handed out; nothing without a broker."""
    if broker is None:
        return
    try:
        yield from (queue_line(queue) for queue in broker.queues())
        workers = broker.workers()
        yield from (f"worker {one.name}: {', '.join(one.queues) or 'no queue'}; busy {one.active}" for one in workers)
        if not workers:
            yield "workers: none answers"
        yield f"scored by workers: {broker.rate(SCORED):,.0f} a minute, over the last five"
        yield from (f"run {one.name}: {one.done:,} of {one.total:,}, {one.ranges_left:,} left" for one in broker.runs())
    except BrokerError as error:
        yield f"workers: {error}"


def queue_line(queue: QueueState) -> str:
    """Returns a queue for people to read."""
    oldest = "" if queue.oldest_seconds is None else f", oldest {queue.oldest_seconds:,.0f} s"
    return f"queue {queue.name}: {queue.waiting:,} waiting{oldest}"


def error_lines() -> Iterator[str]:
    """Yields what failed last: comments set aside, and webhook targets."""
    lines = [f"comment {pk} set aside{since(at, '')}: {error}" for pk, error, at in last_errors()]
    targets = WebhookTarget.objects.exclude(failing_since=None, disabled_because="").order_by("pk")
    for target in targets:
        why = target.disabled_because or "failing"
        lines.append(f"webhook target {target.pk}: {why}{since(target.failing_since, 'since')}")
    yield from lines or ["last errors: none"]


def counted(number: int) -> str:
    """Returns a number, or that there are more than were counted."""
    return f"{number:,}" if number <= CAP else f"more than {CAP:,}"


def since(moment: datetime | None, what: str) -> str:
    """Returns a time with how long ago it was; empty for none."""
    if moment is None:
        return ""
    ago = timesince(moment, timezone.now()).replace("\xa0", " ")
    return f", {what} {moment:%Y-%m-%d %H:%M} ({ago} ago)".replace(",  ", ", ")
