"""The outbox: deliveries to webhook targets, written in the ledger's own transaction."""

from collections.abc import Collection, Sequence

from archive.database.clock import database_now
from moderation.models import Decision, Delivery, WebhookTarget


def deliveries_append(rows: Sequence[Decision]) -> None:
    """Writes a delivery of each decision to each active target for its source. Call it in the ledger's transaction."""
    for target in WebhookTarget.objects.filter(active=True).prefetch_related("sources"):
        sources = {source.pk for source in target.sources.all()}
        wanted = _within(rows, sources) if sources else rows
        now = database_now()
        Delivery.objects.bulk_create(Delivery(target=target, decision=row, next_attempt_at=now) for row in wanted)


def _within(rows: Sequence[Decision], sources: Collection[int]) -> list[Decision]:
    """Returns the rows about comments or commenters of these sources."""
    kept = set(
        Decision.objects.in_sources(sources).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True)
    )
    return [row for row in rows if row.pk in kept]
