"""The desk's page of numbers: charts with the same numbers as their tables, within its queries, one's own or all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from archive.models import Source
from moderation.models import Appeal, Review
from moderation.services.review.decisions import decision_record
from moderation.services.statistics.report import REPORTS
from moderation.services.statistics.snapshot import day_snapshot

pytestmark = pytest.mark.django_db
MOST_QUERIES = 14


@pytest.fixture
def counted(make_pending: Callable[..., Review]) -> None:
    rows = [make_pending() for _ in range(3)]
    for row in rows:
        row.comment.created_at = timezone.now()
        row.comment.save()
    Review.objects.update(created_at=timezone.now())
    row = decision_record(comment_id=rows[0].pk, action="reject", actor=User.objects.create_user("ada"))
    Appeal.objects.create(
        decision=row, comment=rows[0].comment, text="Why?", outcome="upheld", decided_at=timezone.now()
    )
    day_snapshot(day=timezone.localdate())


@pytest.mark.parametrize("name", list(REPORTS))
def test_every_report_is_shown_by_all_that_it_can_be_split_by(
    counted: None, moderator: Client, desk: Callable[..., str], name: str
) -> None:
    for by in REPORTS[name].by:
        with CaptureQueriesContext(connection) as queries:
            page = moderator.get(desk("numbers"), {"name": name, "by": by})
        assert page.status_code == 200
        assert page.context["table"] or by == "moderator"
        assert bool(page.context["charts"]) == (by == "day")
        assert len(queries) <= MOST_QUERIES
        assert (f"/api/v1/statistics/{name}/?" in page.content.decode()) == bool(page.context["table"])


def test_a_chart_says_what_its_table_says(counted: None, moderator: Client, desk: Callable[..., str]) -> None:
    page = moderator.get(desk("numbers"), {"name": "volume"})
    words, chart, _most = page.context["charts"][0]
    assert (str(words), chart.most, len(chart.columns)) == ("comments", 3, 31)
    assert [column.value for column in chart.columns if column.value] == [3]
    assert chart.columns[-1].height == 120
    assert "100.0 %" in page.content.decode()


def test_moderators_see_their_own_numbers_and_seniors_those_of_all(
    counted: None, staff: Callable[..., Client], desk: Callable[..., str]
) -> None:
    asked = {"name": "decisions", "by": "moderator"}
    assert "ada" not in staff("moderator").get(desk("numbers"), asked).content.decode()
    assert "ada" in staff("senior").get(desk("numbers"), asked).content.decode()


def test_a_person_of_another_source_sees_none(
    counted: None, staff: Callable[..., Client], desk: Callable[..., str]
) -> None:
    client = staff("moderator", Source.objects.create(slug="north", name="North"))
    page = client.get(desk("numbers"))
    assert page.context["table"] == []
    assert "Nothing was counted yet" in page.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        *({"name": "none"}, {"by": "word"}, {"start": "x"}, {"by": "rule"}, {"source": "none"}),
        {"start": str(timezone.localdate() + timedelta(days=2))},
    ],
)
def test_what_makes_no_sense_is_refused_and_shows_nothing(
    moderator: Client, desk: Callable[..., str], query: dict[str, Any]
) -> None:
    page = moderator.get(desk("numbers"), query)
    assert page.status_code == 400
    assert page.context["table"] == []
