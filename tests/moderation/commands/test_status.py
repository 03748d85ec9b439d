"""What waits: `manage.py status`, and the same as gauges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.utils import timezone
from prometheus_client import REGISTRY

from archive.models import Comment
from moderation.models import Claim, Review, WebhookTarget
from moderation.services import backlog
from moderation.services.backlog import backlog_forget
from moderation.services.work.broker import Task
from tests.moderation.services.distribution.fake_broker import FakeBroker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Counts anew in each test."""
    backlog_forget()
    yield
    backlog_forget()


def status() -> list[str]:
    out = StringIO()
    call_command("status", stdout=out)
    return out.getvalue().splitlines()


def gauge(name: str) -> float | None:
    return REGISTRY.get_sample_value(f"moderato_{name}")


def test_an_empty_installation_has_nothing_waiting() -> None:
    assert status() == [
        "unscored: 0", "pending: 0", "held: 0; escalated: 0", "models: none used yet", "policy: version 1",
        "last errors: none",
    ]  # fmt: skip


def test_what_waits_is_counted_with_the_oldest_of_each(
    make_comment: Callable[..., Comment], make_review: Callable[..., Review]
) -> None:
    now = timezone.now()
    make_comment(received_at=now - timedelta(hours=3))
    make_comment(received_at=now)
    make_comment(withdrawn_at=now)
    make_review(make_comment(created_at=now - timedelta(days=2)), state="pending", held=True)
    make_review(make_comment(), state="escalated")
    aside = make_comment()
    Claim.objects.create(comment=aside, set_aside_at=now, error="scoring_failed")
    WebhookTarget.objects.create(url="https://x.example", salt="s", mark="m", disabled_because="It answered 410.")
    lines = status()
    assert lines[0].startswith("unscored: 3, first received ")
    assert lines[0].endswith("(3 hours ago)")
    assert lines[1].startswith("pending: 1, oldest written ")
    assert lines[1].endswith("(2 days ago)")
    assert lines[2] == "held: 1; escalated: 1"
    assert "(active)" in lines[3]
    assert lines[4] == "policy: version 7"
    assert lines[5].startswith(f"comment {aside.pk} set aside, ")
    assert lines[5].endswith(": scoring_failed")
    assert lines[6].endswith(": It answered 410.")


def test_gauges_show_the_same_and_are_read_once_in_a_while(
    make_comment: Callable[..., Comment], django_assert_num_queries: Any
) -> None:
    make_comment(received_at=timezone.now() - timedelta(hours=3))
    assert gauge("unscored_comments") == 1
    assert 10_800 <= (gauge("unscored_oldest_seconds") or 0) < 10_900
    assert (gauge("pending_comments"), gauge("pending_oldest_seconds")) == (0, 0)
    with django_assert_num_queries(0):
        assert gauge("set_aside_comments") == 0


def test_a_database_that_is_away_leaves_the_other_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> backlog.Backlog:
        raise DatabaseError

    monkeypatch.setattr(backlog, "backlog_read", away)
    value = gauge("unscored_comments")
    assert value != value  # noqa: PLR0124 - no number


def test_a_backlog_beyond_the_cap_is_more_than_that(
    make_comment: Callable[..., Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    from moderation.management.commands import status as command

    monkeypatch.setattr(backlog, "CAP", 1)
    monkeypatch.setattr(command, "CAP", 1)
    for _ in range(3):
        make_comment()
    assert status()[0].startswith("unscored: more than 1, ")


def test_queues_workers_rates_and_runs_are_shown_with_a_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = FakeBroker()
    monkeypatch.setattr("moderation.management.commands.status.broker_active", lambda: broker)
    broker.send(Task.SCORE_RANGE, [{"after": 0, "until": 9}])
    broker.count("scored", 6_000)
    broker.run_open("a1b2", total=1_000, ranges=["0-500", "500-1000"])
    broker.run_add("a1b2", done=480, finished="0-500")
    shown = status()
    assert "queue bulk: 1 waiting, oldest 3 s" in shown
    assert "queue interactive: 0 waiting" in shown
    assert "worker one@host: bulk; busy 1" in shown
    assert "scored by workers: 1,200 a minute, over the last five" in shown
    assert "run a1b2: 480 of 1,000, 1 left" in shown


def test_a_broker_that_is_away_is_said_and_the_rest_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.management.commands.status.broker_active", lambda: FakeBroker(away=True))
    shown = status()
    assert "workers: the broker does not answer (ConnectionError)" in shown
    assert shown[0] == "unscored: 0"
