"""Daily figures: counted from what happened, kept, and read as sums by day, source, queue, moderator and rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from archive.models import Article, Source
from moderation.models import DailyFigure, Figure
from moderation.services.errors import ServiceError
from moderation.services.review.decisions import decision_record, decision_undo
from moderation.services.statistics.buckets import bucket_of, quantile, seconds_of
from moderation.services.statistics.report import Question, report_read
from moderation.services.statistics.snapshot import day_snapshot

Make = Callable[..., Any]


@pytest.fixture
def today(db: None) -> date:
    return timezone.localdate()


@pytest.fixture
def newsroom(make_comment: Make, make_review: Make, article: Article, source: Source) -> dict[str, Any]:
    """A day: of four flagged comments two are rejected and one approved; one rejection is undone."""
    ada, grace = (User.objects.create_user(name, is_staff=True) for name in ("ada", "grace"))
    sport = Article.objects.create(source=source, external_id="a2", title="Goals", section="Sport")
    now = timezone.now()
    rows = []
    for number in range(4):
        came: dict[str, Any] = {
            "created_at": now,
            "received_at": now - timedelta(hours=1),
            "article": sport if number == 3 else article,
        }
        rows.append(make_review(make_comment(**came), toxicity=0.9))
    make_review(make_comment(created_at=now), toxicity=0.1)
    first = decision_record(comment_id=rows[0].pk, action="reject", actor=ada, reason="spam")
    decision_record(comment_id=rows[1].pk, action="reject", actor=grace, reason="spam")
    decision_record(comment_id=rows[2].pk, action="approve", actor=ada)
    decision_undo(decision_id=first.pk, actor=ada)
    return {"ada": ada, "grace": grace, "rows": rows}


def read(name: str, day: date, *by: str, **options: Any) -> list[dict[str, Any]]:
    only = options.pop("only", {})
    return report_read(name=name, question=Question(day, day, by or ("day",), only), **options)


def test_volume_and_the_share_that_was_flagged(newsroom: dict[str, Any], today: date) -> None:
    day_snapshot(day=today)
    assert read("volume", today) == [{"day": today, "comments": 5, "flagged": 4, "share": 0.8}]
    assert read("volume", today, "section") == [
        {"section": "Politics", "comments": 4, "flagged": 3, "share": 0.75},
        {"section": "Sport", "comments": 1, "flagged": 1, "share": 1.0},
    ]
    assert sum(row["flagged"] for row in read("flags", today, "rule")) == 4


def test_decisions_by_moderator_with_how_long_comments_waited(newsroom: dict[str, Any], today: date) -> None:
    day_snapshot(day=today)
    rows = {row["moderator"]: row for row in read("decisions", today, "moderator")}
    assert {name: (row["decided"], row["rejected"]) for name, row in rows.items()} == {"ada": (2, 1), "grace": (1, 1)}
    for row in rows.values():
        assert row["p50_seconds"] == pytest.approx(3_600, rel=0.06)
    assert read("decisions", today, "queue")[0]["queue"] == "pending"


def test_what_was_undone_or_decided_otherwise_later_is_overturned_and_counted_again(
    newsroom: dict[str, Any], today: date
) -> None:
    day_snapshot(day=today)
    assert read("overturned", today) == [{"day": today, "judged": 3, "overturned": 1, "share": 0.3333}]
    decision_record(comment_id=newsroom["rows"][1].pk, action="approve", actor=newsroom["ada"])
    day_snapshot(day=today)
    (row,) = read("overturned", today)
    assert (row["judged"], row["overturned"]) == (4, 2)
    assert read("agreement", today) == [{"day": today, "detected": 4, "agreed": 2, "share": 0.5}]


def test_queues_have_a_size_and_the_age_of_their_oldest_and_stay_as_they_were(
    newsroom: dict[str, Any], today: date
) -> None:
    day_snapshot(day=today)
    (row,) = read("queues", today, "queue", only={"queue": "pending"})
    assert row["waiting"] == 2
    assert row["oldest_seconds"] == pytest.approx(3_600, abs=60)
    yesterday = today - timedelta(days=1)
    DailyFigure.objects.filter(figure__in=(Figure.WAITING, Figure.OLDEST)).update(day=yesterday)
    day_snapshot(day=yesterday)
    (row,) = report_read(name="queues", question=Question(yesterday, today, ("source",), {"queue": "pending"}))
    assert row["waiting"] == 2, "a past day's queue cannot be counted again, and the last day tells of several"


def test_a_person_is_limited_to_their_sources_and_to_their_own_numbers_without_the_permission(
    newsroom: dict[str, Any], today: date
) -> None:
    day_snapshot(day=today)
    other = Source.objects.create(slug="north", name="North")
    assert read("volume", today, sources=[other.pk]) == []
    ada = newsroom["ada"]
    assert [row["moderator"] for row in read("decisions", today, "moderator", viewer=ada)] == ["ada"]
    assert read("decisions", today, only={"moderator": "grace"}, viewer=ada) == []
    ada.groups.add(Group.objects.get(name="senior"))
    senior = User.objects.get(pk=ada.pk)
    assert len(read("decisions", today, "moderator", viewer=senior)) == 2
    assert read("decisions", today, viewer=newsroom["grace"])[0]["decided"] == 3, "sums name nobody"


@pytest.mark.parametrize(
    ("name", "question", "pointer"),
    [
        ("none", Question(date(2030, 1, 1), date(2030, 1, 2)), "/name"),
        ("volume", Question(date(2030, 1, 2), date(2030, 1, 1)), "/from"),
        ("volume", Question(date(2020, 1, 1), date(2030, 1, 1)), "/from"),
        ("volume", Question(date(2030, 1, 1), date(2030, 1, 2), ("moderator",)), "/by"),
        ("volume", Question(date(2030, 1, 1), date(2030, 1, 2), ("day",), {"rule": "x"}), "/rule"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_field(
    db: None, name: str, question: Question, pointer: str
) -> None:
    with pytest.raises(ServiceError) as caught:
        report_read(name=name, question=question)
    assert caught.value.errors[0].pointer == pointer


@given(st.lists(st.floats(1, 10**7), min_size=1, max_size=60))
def test_a_quantile_of_buckets_is_within_a_tenth_of_that_of_the_waits(seconds: list[float]) -> None:
    counts: dict[int, int] = {}
    for one in seconds:
        bucket = bucket_of(timedelta(seconds=one))
        counts[bucket] = counts.get(bucket, 0) + 1
    exact = sorted(seconds)[-(-len(seconds) // 2) - 1]
    found = quantile(counts, 0.5)
    assert found is not None
    assert found == pytest.approx(exact, rel=0.1)


def test_a_wait_of_no_time_or_of_years_has_a_bucket_and_no_waits_have_no_quantile() -> None:
    assert bucket_of(timedelta(seconds=-3)) == 0
    assert seconds_of(bucket_of(timedelta(days=40_000))) > 10**9
    assert quantile({}, 0.5) is None


def test_the_command_counts_and_writes_json_and_csv(newsroom: dict[str, Any], today: date, capsys: Any) -> None:
    call_command("statistics", "snapshot", "--from", str(today - timedelta(days=1)))
    assert "0 figures" in capsys.readouterr().err
    call_command("statistics", "export", "volume", "--by", "section", "--csv")
    assert capsys.readouterr().out.splitlines()[:2] == ['"section","comments","flagged","share"', '"Politics",4,3,0.75']
    call_command("statistics", "export", "decisions", "--by", "moderator")
    assert '"moderator": "ada"' in capsys.readouterr().out
    with pytest.raises(CommandError) as caught:
        call_command("statistics", "export", "volume", "--by", "rule")
    assert caught.value.returncode == 2
    with pytest.raises(CommandError):
        call_command("statistics", "export", "volume", "--from", "2030-01-02", "--to", "2030-01-01")
