"""Sends decisions as signed webhooks (https://www.standardwebhooks.com), each at least once.

A Delivery is written in the transaction that writes the decision. A run leases a delivery, sends it outside
transactions and records the result; the lease of a run that dies expires, and the next run sends again with the same
`webhook-id`. Events about one comment are sent in ledger order.
"""

import json
import random
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from standardwebhooks.webhooks import Webhook

from archive.database.clock import database_now
from moderation.models import Appeal, Decision, Delivery, WebhookTarget
from moderation.models.webhook import APPEAL_DECIDED, LEASE_SECONDS
from moderation.services.accounts.source_limits import Actor, row_check
from moderation.services.ledger.export import decision_fields, moment_text, with_names
from moderation.services.webhooks.targets import secrets_now, webhook_target_disable
from moderation.services.webhooks.transport import Answer, post

# Seconds between attempts, as Standard Webhooks recommends; the delivery is given up after the last one.
WAITS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER = 0.2
MAX_WAIT = 86_400
LONGEST_WAIT = timedelta(seconds=MAX_WAIT * (1 + JITTER))
# A failure pauses the whole target; each further one doubles the pause.
PAUSE_SECONDS, LONGEST_PAUSE = 5, 3_600
# A target that has failed for this long is disabled.
FAILING_DAYS = 5
KEPT_DAYS = 30
WORKERS = 16
WORKERS_A_TARGET = 4
GONE = 410
PRUNE_BATCH = 1_000


@dataclass
class DeliveryReport:
    """The counts of a run so far."""

    delivered: int = 0
    failed: int = 0
    given_up: int = 0
    disabled: int = 0


@dataclass(frozen=True, slots=True)
class Sending:
    """One attempt: what to post where, and the lease that covers it."""

    delivery_id: int
    target: WebhookTarget
    url: str
    lease: UUID
    attempts: int
    body: bytes
    headers: dict[str, str] = field(repr=False)


def deliveries_run(*, stop: Callable[[], bool] = lambda: False) -> DeliveryReport:
    """Sends due deliveries until none is left or `stop()` returns True; waits for those under way.

    Concurrent runs share the work. Only the calling thread touches the database; the others only send.
    """
    report, under_way = DeliveryReport(), dict[Future[Answer], Sending]()
    _reset_future_times(database_now())
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="webhooks") as pool:
        while True:
            if not stop():
                _submit_due(pool, under_way)
            if not under_way:
                return report
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                delivery_record(sending=under_way.pop(future), answer=future.result(), report=report)


def _reset_future_times(now: datetime) -> None:
    """Makes deliveries due now that a fast clock dated too far ahead; later ones about the same comment wait for them.

    A new delivery is due at once, and none is due later than the longest wait between attempts.
    """
    ahead = Q(attempts=0, next_attempt_at__gt=now) | Q(next_attempt_at__gt=now + LONGEST_WAIT)
    dated = Delivery.objects.open().filter(ahead)
    if dated.exists():
        dated.update(next_attempt_at=now)


def _submit_due(pool: ThreadPoolExecutor, under_way: dict[Future[Answer], Sending]) -> None:
    """Claims and submits deliveries for each ready target, as long as workers are free."""
    for target in _ready_targets():
        busy = sum(sending.target.pk == target.pk for sending in under_way.values())
        for _ in range(min(WORKERS_A_TARGET - busy, WORKERS - len(under_way))):
            sending = delivery_claim(target=target)
            if sending is None:
                break
            future = pool.submit(post, sending.url, body=sending.body, headers=sending.headers)
            under_way[future] = sending


def _ready_targets() -> list[WebhookTarget]:
    """Returns the targets with due deliveries; disables a target whose secret is lost instead. Else only reads."""
    now = database_now()
    ready = []
    paused = Q(paused_until__gt=now, paused_until__lte=now + LONGEST_WAIT)
    for target in WebhookTarget.objects.filter(active=True).exclude(paused):
        if secrets_now(target):
            ready += [target] if Delivery.objects.filter(target=target).due(now).exists() else []
        else:
            webhook_target_disable(target=target, because="SECRET_KEY has changed: the target needs a new secret.")
    return ready


@transaction.atomic
def delivery_claim(*, target: WebhookTarget) -> Sending | None:
    """Leases the target's next due delivery for one attempt; None if there is none, or other runs have them."""
    now = database_now()
    due = Delivery.objects.filter(target=target).due(now)
    delivery = due.select_for_update(of=("self",), skip_locked=True).first()
    if delivery is None:
        return None
    delivery.decision = with_names(Decision.objects.all()).get(pk=delivery.decision_id)
    delivery.lease, delivery.lease_until = uuid4(), now + timedelta(seconds=LEASE_SECONDS)
    delivery.attempts += 1
    delivery.save(update_fields=["lease", "lease_until", "attempts"])
    body = json.dumps(event_body(delivery), ensure_ascii=False, separators=(",", ":"))
    headers = signed_headers(target, f"msg_{delivery.message.hex}", now, body)
    return Sending(
        delivery.pk, target, delivery.url or target.url, delivery.lease, delivery.attempts, body.encode(), headers
    )


def event_body(delivery: Delivery) -> dict[str, Any]:
    """Returns the event as JSON-ready data, the same for each attempt: its type, the time of the decision, its row."""
    decision = delivery.decision
    data = decision_fields(decision) | ({"appeal": _appeal(decision)} if delivery.event == APPEAL_DECIDED else {})
    return {"type": delivery.event, "timestamp": moment_text(decision.at), "data": data}


def _appeal(ruling: Decision) -> dict[str, Any]:
    """Returns what is told of the appeal that the row decided; the answer is empty once the comment was erased."""
    appeal = Appeal.objects.get(ruling=ruling)
    told = {name: getattr(appeal, name) for name in ("outcome", "appellant", "answer")}
    return {"id": appeal.pk, "decision": appeal.decision_id, **told}


def signed_headers(target: WebhookTarget, message: str, now: datetime, body: str) -> dict[str, str]:
    """Returns the headers of an attempt, signed with each secret that is valid `now`."""
    signatures = [Webhook(secret).sign(message, now, body) for secret in secrets_now(target, now)]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Moderato",
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


@transaction.atomic
def delivery_record(*, sending: Sending, answer: Answer, report: DeliveryReport) -> None:
    """Records the result of an attempt; if its lease ended meanwhile, the next attempt counts instead."""
    now = database_now()
    arrived = answer.status is not None and 200 <= answer.status < 300  # noqa: PLR2004 - any success
    columns: dict[str, Any] = {"lease": None, "lease_until": None, "status": answer.status, "error": answer.error}
    gives_up = not arrived and sending.attempts > len(WAITS)
    if arrived:
        columns["delivered_at"] = now
    elif gives_up:
        columns["given_up_at"] = now
    else:
        columns["next_attempt_at"] = now + timedelta(seconds=wait_seconds(sending.attempts, answer))
    if Delivery.objects.filter(pk=sending.delivery_id, lease=sending.lease).update(**columns):
        report.delivered += arrived
        report.failed += not arrived
        report.given_up += gives_up
    _update_target(sending.target.pk, answer, arrived=arrived, now=now, report=report)


def wait_seconds(attempts: int, answer: Answer) -> float:
    """Returns the seconds to wait after `attempts` attempts, with jitter so that they do not all come at once.

    At least what the receiver's Retry-After asks for, up to a day.
    """
    spread = 1 + random.uniform(-JITTER, JITTER)  # noqa: S311 - no secret
    return max(WAITS[attempts - 1] * spread, _retry_after(answer))


def _retry_after(answer: Answer) -> float:
    return min(answer.retry_after or 0.0, MAX_WAIT)


def _update_target(pk: int, answer: Answer, *, arrived: bool, now: datetime, report: DeliveryReport) -> None:
    """Updates the target: resets its failures after a success, pauses it after a failure, disables a dead one."""
    if arrived:
        reset = {"failures": 0, "failing_since": None, "paused_until": None}
        WebhookTarget.objects.filter(pk=pk, failures__gt=0).update(**reset)
        return
    target = WebhookTarget.objects.select_for_update().filter(pk=pk).first()
    if target is None:
        return
    _pause(target, answer, now)
    because = "It answered 410 Gone." if answer.status == GONE else ""
    if not because and now - (target.failing_since or now) > timedelta(days=FAILING_DAYS):
        because = f"It accepted nothing for {FAILING_DAYS} days."
    if because and target.active:
        webhook_target_disable(target=target, because=because)
        report.disabled += 1


def _pause(target: WebhookTarget, answer: Answer, now: datetime) -> None:
    """Pauses the target. Concurrent failures count as one: the first of them has paused it already."""
    paused = target.paused_until is not None and target.paused_until > now
    if not paused:
        target.failures += 1
    pause = min(PAUSE_SECONDS * 2 ** min(target.failures - 1, 20), LONGEST_PAUSE)
    until = now + timedelta(seconds=max(pause, _retry_after(answer)))
    target.paused_until = max(until, target.paused_until or until)
    target.failing_since = target.failing_since or now
    target.save(update_fields=["failures", "failing_since", "paused_until"])


def delivery_resend(*, delivery: Delivery, actor: Actor = None) -> None:
    """Sends a delivery again that was given up or that arrived: its attempts start over, its id stays.

    Raises ServiceError `not_found` if its target is not limited to the actor's sources.
    """
    row_check(actor=actor, row=delivery.target)
    fresh = {"attempts": 0, "next_attempt_at": database_now(), "delivered_at": None, "given_up_at": None}
    Delivery.objects.filter(pk=delivery.pk).update(**fresh, error="")


def deliveries_prune() -> int:
    """Deletes deliveries that arrived over a month ago, in short transactions; returns how many. The ledger stays."""
    old = Delivery.objects.filter(delivered_at__lt=database_now() - timedelta(days=KEPT_DAYS)).order_by("delivered_at")
    removed = 0
    while keys := list(old.values_list("pk", flat=True)[:PRUNE_BATCH]):
        removed += Delivery.objects.filter(pk__in=keys).delete()[0]
    return removed
