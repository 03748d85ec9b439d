"""Webhooks against a real server: signed, repeated, paced, kept in order, and each decision at least once."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from archive.models import Comment, Source
from moderation.models import Decision, Delivery, Review, WebhookTarget
from moderation.services.ledger.append import decisions_append
from moderation.services.review.decisions import decision_record, decision_undo
from moderation.services.webhooks.delivery import (
    FAILING_DAYS,
    JITTER,
    LEASE_SECONDS,
    WAITS,
    deliveries_prune,
    deliveries_run,
    delivery_claim,
    delivery_record,
    delivery_resend,
    wait_seconds,
)
from moderation.services.webhooks.targets import (
    secrets_now,
    webhook_secret_rotate,
    webhook_target_create,
    webhook_target_disable,
    webhook_target_enable,
)
from moderation.services.webhooks.transport import Answer
from tests.moderation.services.webhooks.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def target(receiver: Receiver, settings: Any) -> tuple[WebhookTarget, str]:
    """A target at the receiver, and its secret."""
    settings.MODERATION_WEBHOOKS_PRIVATE = True
    return webhook_target_create(url=receiver.url)


@pytest.fixture
def decide(make_comment: Callable[..., Comment]) -> Callable[..., Decision]:
    """Approves a new comment, or does `action` to the one it is given."""

    def act(comment: Comment | None = None, action: str = "approve", **columns: Any) -> Decision:
        if comment is None:
            comment = make_comment("Said in public.", taken_revision=1, **columns)
            Review.objects.create(
                comment=comment,
                source=comment.source,
                article=comment.article,
                created_at=comment.created_at,
                state="pending",
            )
        return decision_record(comment_id=comment.pk, action=action, api_key="desk", note="Between us.")

    return act


def later(**span: float) -> None:
    """Lets every open delivery and every pause be `span` older."""
    for delivery in Delivery.objects.open():
        Delivery.objects.filter(pk=delivery.pk).update(next_attempt_at=delivery.next_attempt_at - timedelta(**span))
    for target in WebhookTarget.objects.exclude(paused_until=None):
        WebhookTarget.objects.filter(pk=target.pk).update(paused_until=target.paused_until - timedelta(**span))


def test_a_decision_arrives_signed_and_whole_and_without_its_note(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    decision = decide()
    report = deliveries_run()
    assert (report.delivered, report.failed) == (1, 0)
    (request,) = receiver.received
    assert request.path == "/hook?x=1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    event = Webhook(target[1]).verify(request.body, request.headers)
    assert (event["type"], event["timestamp"]) == ("decision.created", event["data"]["at"])
    # The same by hand, as docs/how-to/webhooks.md tells it.
    signed = ".".join([request.id, request.headers["webhook-timestamp"], request.body]).encode()
    digest = hmac.new(b64decode(target[1].removeprefix("whsec_")), signed, "sha256").digest()
    assert request.headers["webhook-signature"] == f"v1,{b64encode(digest).decode()}"
    data = event["data"]
    assert (data["id"], data["comment"], data["action"]) == (decision.pk, decision.comment_id, "approve")
    assert (data["source"], data["external_id"], data["api_key"]) == ("harbor-times", "c1", "desk")
    assert "Between us." not in request.body
    assert "Said in public." not in request.body
    assert deliveries_run().delivered == 0
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.lease) == (204, 1, None)


def test_a_body_that_was_changed_on_its_way_does_not_verify(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    decide()
    deliveries_run()
    (request,) = receiver.received
    with pytest.raises(WebhookVerificationError):
        Webhook(target[1]).verify(request.body.replace("approve", "rejects"), request.headers)


def test_an_undo_is_an_event_of_its_own_that_names_what_it_undoes_and_never_overtakes_it(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    receiver.answer(500, Retry_After="7000")
    first = decide()
    undo = decision_undo(decision_id=first.pk, api_key="desk")
    assert deliveries_run().failed == 1
    WebhookTarget.objects.update(paused_until=None)
    assert deliveries_run().delivered == 0, "the undo waits for the decision"
    later(hours=2)
    assert deliveries_run().delivered == 2
    types = [(request.json["type"], request.json["data"]["id"]) for request in receiver.received]
    assert types == [
        ("decision.created", first.pk),
        ("decision.created", first.pk),
        ("decision.undone", undo.pk),
    ]
    assert receiver.received[2].json["data"]["undoes"] == first.pk
    assert receiver.received[2].json["data"]["to_state"] == "pending"
    assert len({request.id for request in receiver.received}) == 2, "an attempt again has the same id"
    assert receiver.received[0].body == receiver.received[1].body


def test_another_comments_decision_does_not_wait(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    receiver.answer(503, Retry_After="7000")
    decide()
    deliveries_run()
    second = decide()
    WebhookTarget.objects.update(paused_until=None)
    assert deliveries_run().delivered == 1
    assert receiver.received[-1].json["data"]["id"] == second.pk


def test_no_delivery_is_left_of_a_decision_that_was_rolled_back(
    target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    with transaction.atomic():
        decide()
        assert Delivery.objects.count() == 1
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()


def test_a_target_of_one_source_hears_of_no_other(
    receiver: Receiver, target: tuple[WebhookTarget, str], source: Source, decide: Callable[..., Decision]
) -> None:
    other = Source.objects.create(slug="other", name="Other")
    target[0].sources.set([other])
    decide()
    assert not Delivery.objects.exists()
    target[0].sources.set([source, other])
    decide()
    assert Delivery.objects.count() == 1


def test_without_a_target_a_decision_costs_one_query_more(decide: Callable[..., Decision]) -> None:
    decide()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        decide()
    assert [one["sql"] for one in queries if "delivery" in one["sql"]] == []
    assert len([one["sql"] for one in queries if "webhooktarget" in one["sql"]]) == 1


def test_failures_are_repeated_with_growing_waits_and_given_up_in_the_end(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    decide()
    for attempt in range(len(WAITS) + 1):
        receiver.answer(500, Retry_After="900")
        assert deliveries_run().failed == 1, attempt
        assert deliveries_run().failed == 0, "not before its time"
        later(days=2)
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.status, delivery.delivered_at) == (len(WAITS) + 1, 500, None)
    assert delivery.given_up_at is not None
    assert len({request.id for request in receiver.received}) == 1
    delivery_resend(delivery=delivery)
    WebhookTarget.objects.update(paused_until=None)
    assert deliveries_run().delivered == 1


@pytest.mark.parametrize("attempts", range(1, len(WAITS) + 1))
def test_the_wait_is_spread_and_never_shorter_than_the_receiver_asks(attempts: int) -> None:
    base = WAITS[attempts - 1]
    waits = {wait_seconds(attempts, Answer(500)) for _ in range(50)}
    assert len(waits) > 10
    assert base * (1 - JITTER) <= min(waits) <= max(waits) <= base * (1 + JITTER)
    assert wait_seconds(attempts, Answer(429, retry_after=80_000.0)) >= 80_000
    assert wait_seconds(attempts, Answer(429, retry_after=1e9)) <= 86_400 * (1 + JITTER)


def test_retry_after_is_honoured_for_the_delivery_and_for_the_whole_target(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    receiver.answer(503, Retry_After="7000")
    decide()
    deliveries_run()
    decide()
    later(seconds=6_000)
    assert deliveries_run().delivered == 0
    assert len(receiver.received) == 1
    later(seconds=1_001)
    assert deliveries_run().delivered == 2


def test_a_retry_after_that_is_a_date_is_honoured(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    moment = datetime.now(UTC) + timedelta(hours=5)
    receiver.answer(429, Retry_After=format_datetime(moment, usegmt=True))
    decide()
    deliveries_run()
    waits = Delivery.objects.get().next_attempt_at - timezone.now()
    assert timedelta(hours=4) < waits <= timedelta(hours=5)


def test_one_failure_pauses_the_target_and_a_success_forgives_it(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    for _ in range(9):
        decide()
    for _ in range(9):
        receiver.answer(500, Retry_After="900")
    deliveries_run()
    assert len(receiver.received) <= 4, "the rest waits with the target"
    row = WebhookTarget.objects.get()
    assert row.failing_since is not None
    assert row.failures == 1, "failures side by side are one"
    receiver.answers.clear()
    later(hours=1)
    assert deliveries_run().delivered == 9
    row.refresh_from_db()
    assert (row.failures, row.failing_since, row.paused_until) == (0, None, None)


def test_gone_disables_the_target_and_nothing_more_is_kept_for_it_until_it_is_enabled(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    receiver.answer(410)
    decide()
    assert deliveries_run().disabled == 1
    row = WebhookTarget.objects.get()
    assert (row.active, row.disabled_because) == (False, "It answered 410 Gone.")
    decide()
    later(days=1)
    assert deliveries_run().delivered == 0
    assert Delivery.objects.count() == 1
    webhook_target_enable(target=row)
    assert deliveries_run().delivered == 1
    decide()
    assert deliveries_run().delivered == 1


def test_a_target_that_takes_nothing_for_days_is_disabled(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    receiver.answer(500)
    receiver.answer(500)
    decide()
    deliveries_run()
    WebhookTarget.objects.update(failing_since=timezone.now() - timedelta(days=FAILING_DAYS, hours=1))
    later(hours=1)
    assert deliveries_run().disabled == 1
    assert "5 days" in WebhookTarget.objects.get().disabled_because


def test_a_redirect_is_a_failure_and_is_not_followed(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    for status in (301, 302, 303, 307, 308):
        receiver.answer(status, Location=f"http://127.0.0.1:{receiver.port}/elsewhere")
        decide()
        deliveries_run()
        later(hours=1)
    assert {request.path for request in receiver.received} == {"/hook?x=1"}
    assert "GET" not in {request.body for request in receiver.received}


def test_a_receiver_that_is_not_there_is_a_failure_with_its_reason(
    settings: Any, decide: Callable[..., Decision]
) -> None:
    settings.MODERATION_WEBHOOKS_PRIVATE = True
    with receiving() as gone:
        url = gone.url
    webhook_target_create(url=url)
    decide()
    assert deliveries_run().failed == 1
    delivery = Delivery.objects.get()
    assert delivery.status is None
    assert "connect" in delivery.error


def test_private_addresses_are_refused_when_sending_too(
    receiver: Receiver, target: tuple[WebhookTarget, str], settings: Any, decide: Callable[..., Decision]
) -> None:
    settings.MODERATION_WEBHOOKS_PRIVATE = False
    WebhookTarget.objects.update(url=receiver.url.replace("http://", "https://"))
    decide()
    assert deliveries_run().failed == 1
    assert receiver.received == []
    assert "not on the public internet" in Delivery.objects.get().error


def test_while_secrets_overlap_both_verify_and_afterwards_only_the_new_one(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    row, old = target
    new = webhook_secret_rotate(target=row, overlap_hours=2)
    decide()
    deliveries_run()
    (request,) = receiver.received
    assert new != old
    for secret in (old, new):
        Webhook(secret).verify(request.body, request.headers)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2, minutes=1)):
        decide()
        assert deliveries_run().delivered == 1
        request = receiver.received[-1]
        Webhook(new).verify(request.body, request.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(old).verify(request.body, request.headers)


def test_without_an_overlap_and_after_a_second_rotation_the_oldest_secret_ends_at_once(
    target: tuple[WebhookTarget, str],
) -> None:
    row, first = target
    second = webhook_secret_rotate(target=row)
    third = webhook_secret_rotate(target=row)
    row.refresh_from_db()
    assert secrets_now(row) == [third, second]
    last = webhook_secret_rotate(target=row, overlap_hours=0)
    row.refresh_from_db()
    assert secrets_now(row) == [last]
    assert first not in {second, third, last}


def test_the_database_holds_no_secret(target: tuple[WebhookTarget, str]) -> None:
    row, secret = target
    stored = json.dumps(WebhookTarget.objects.values().get(pk=row.pk), default=str)
    assert secret.startswith("whsec_")
    assert secret.removeprefix("whsec_") not in stored


def test_another_secret_key_sends_nothing_until_there_is_a_new_secret(
    receiver: Receiver, target: tuple[WebhookTarget, str], settings: Any, decide: Callable[..., Decision]
) -> None:
    decide()
    settings.SECRET_KEY = "another key, as after a change of servers"
    assert deliveries_run().delivered == 0
    row = WebhookTarget.objects.get()
    assert (row.active, receiver.received) == (False, [])
    assert "SECRET_KEY" in row.disabled_because
    with pytest.raises(Exception, match="new secret first"):
        webhook_target_enable(target=row)
    secret = webhook_secret_rotate(target=row)
    webhook_target_enable(target=row)
    assert deliveries_run().delivered == 1
    (request,) = receiver.received
    Webhook(secret).verify(request.body, request.headers)


def test_an_attempt_that_is_under_way_is_nobody_elses_until_its_lease_ends(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    decide()
    first = delivery_claim(target=target[0])
    assert first is not None
    assert delivery_claim(target=target[0]) is None
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=LEASE_SECONDS + 1)):
        second = delivery_claim(target=target[0])
        assert second is not None
        assert (second.delivery_id, second.attempts) == (first.delivery_id, 2)
        assert second.headers["webhook-id"] == first.headers["webhook-id"]
        assert second.body == first.body


def test_a_decision_that_a_clock_ahead_has_dated_is_sent_now_and_what_comes_after_it_too(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    decide()
    Delivery.objects.update(next_attempt_at=tomorrow)
    decide()
    Delivery.objects.filter(next_attempt_at__lt=tomorrow).update(lease=uuid4(), lease_until=tomorrow)
    WebhookTarget.objects.update(paused_until=timezone.now() + timedelta(days=30))
    assert deliveries_run().delivered == 2


def test_a_wait_that_the_receiver_may_ask_for_is_kept(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    decide()
    Delivery.objects.update(attempts=1, next_attempt_at=timezone.now() + timedelta(hours=23))
    assert deliveries_run().delivered == 0


def test_what_comes_of_an_attempt_whose_lease_ended_changes_nothing(
    target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    from moderation.services.webhooks.delivery import DeliveryReport

    decide()
    first = delivery_claim(target=target[0])
    assert first is not None
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=LEASE_SECONDS + 1)):
        second = delivery_claim(target=target[0])
        assert second is not None
        report = DeliveryReport()
        delivery_record(sending=first, answer=Answer(500), report=report)
        assert report.failed == 0
        assert Delivery.objects.get().lease == second.lease
        delivery_record(sending=second, answer=Answer(204), report=report)
        assert Delivery.objects.get().delivered_at is not None


def test_a_disabled_target_costs_nothing_and_waits(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    decide()
    webhook_target_disable(target=target[0], because="Moved.")
    assert deliveries_run().delivered == 0
    assert receiver.received == []


def test_deliveries_are_removed_a_month_after_they_arrived_and_others_are_kept(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    decide()
    deliveries_run()
    decide()
    assert deliveries_prune() == 0
    with time_machine.travel(datetime.now(UTC) + timedelta(days=31)):
        assert deliveries_prune() == 1
    assert [delivery.delivered_at for delivery in Delivery.objects.all()] == [None]
    assert Decision.objects.count() == 2


def test_many_decisions_of_one_act_are_all_told(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    comment = decide().comment
    row = Decision(
        comment=comment, kind="policy", action="queue", from_state="approved", to_state="pending", revision=1
    )
    decisions_append([row])
    assert deliveries_run().delivered == 2
    assert [request.json["data"]["kind"] for request in receiver.received] == ["system", "policy"]


def test_the_command_says_what_it_did_and_fails_where_an_attempt_did(
    receiver: Receiver, target: tuple[WebhookTarget, str], decide: Callable[..., Decision]
) -> None:
    decide()
    out = StringIO()
    call_command("deliver_webhooks", stdout=out)
    assert out.getvalue().startswith("1 delivered, 0 attempts failed")
    decide()
    receiver.answer(500)
    with pytest.raises(CommandError, match="sent again"):
        call_command("deliver_webhooks", "--once", stdout=out)


def test_a_target_is_managed_on_the_command_line_and_its_secret_stands_alone_on_standard_output(
    receiver: Receiver, settings: Any, source: Source, decide: Callable[..., Decision]
) -> None:
    settings.MODERATION_WEBHOOKS_PRIVATE = True

    def run(*arguments: str) -> str:
        out = StringIO()
        call_command("webhook", *arguments, stdout=out, stderr=StringIO())
        return out.getvalue()

    secret = run("add", receiver.url, "--source", source.slug).strip()
    row = WebhookTarget.objects.get()
    assert secrets_now(row) == [secret]
    decide()
    assert run("list") == f"{row.pk}  {receiver.url}  harbor-times  active, 1 waiting\n"
    new = run("rotate", str(row.pk), "--overlap", "1").strip()
    row.refresh_from_db()
    assert secrets_now(row) == [new, secret]
    run("disable", str(row.pk))
    assert "disabled (By the command line.)" in run("list")
    run("enable", str(row.pk))
    assert "active" in run("list")


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "http://example.org/hook"),
        ("add", "ftp://example.org/"),
        ("add", "https://"),
        ("add", "https://user:word@example.org/"),
        ("add", "https://example.org:99999/"),
        ("add", "https://exa mple.org/"),
        ("add", "https://example.org/", "--source", "nobody"),
        ("rotate", "99"),
    ],
)
def test_what_makes_no_target_is_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        call_command("webhook", *arguments)
    assert not WebhookTarget.objects.exists()
