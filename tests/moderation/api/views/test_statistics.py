"""`statistics/`: reports as JSON and CSV, of the key's sources, with everything that makes no sense refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from archive.models import Source
from moderation.models import Appeal
from moderation.services.review.decisions import decision_record
from moderation.services.statistics.report import REPORTS
from moderation.services.statistics.snapshot import day_snapshot

pytestmark = pytest.mark.django_db
HOME = "/api/v1/statistics/"


@pytest.fixture
def counted(make_comment: Callable[..., Any], make_review: Callable[..., Any]) -> None:
    row = make_review(make_comment(created_at=timezone.now()), toxicity=0.9)
    make_review(make_comment(), toxicity=0.9)
    said = decision_record(comment_id=row.pk, action="reject", actor=User.objects.create_user("=ada"))
    told = {"outcome": "upheld", "decided_at": timezone.now()}
    Appeal.objects.create(decision=said, comment=row.comment, text="Why?", **told)
    day_snapshot(day=timezone.localdate())


def test_the_reports_are_listed_and_each_is_read(counted: None, client_with: Callable[..., Any]) -> None:
    client = client_with("statistics")
    names = [one["name"] for one in client.get(HOME).json()["results"]]
    assert names == list(REPORTS)
    today = timezone.localdate().isoformat()
    for name in names:
        answer = client.get(f"{HOME}{name}/")
        assert answer.status_code == 200, answer.content
        assert answer.json()["counted_until"] == today
        assert answer.json()["results"], name
    assert client.get(f"{HOME}volume/").json()["results"] == [{"day": today, "comments": 1, "flagged": 1, "share": 1.0}]


def test_a_report_is_split_narrowed_and_written_as_csv_without_formulas(
    counted: None, client_with: Callable[..., Any], source: Source
) -> None:
    client = client_with("statistics")
    asked = {"by": "day,moderator", "source": source.slug, "queue": "pending", "format": "csv"}
    answer = client.get(f"{HOME}decisions/", asked)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    lines = answer.content.decode().splitlines()
    assert lines[0] == '"day","moderator","decided","rejected","p50_seconds","p90_seconds"'
    assert '"\'=ada",1,1,' in lines[1]
    assert client.get(f"{HOME}decisions/", {"queue": "held"}).json()["results"] == []


def test_a_key_of_other_sources_reads_nothing(counted: None, client_with: Callable[..., Any]) -> None:
    client = client_with("statistics", sources=[Source.objects.create(slug="north", name="North")])
    answer = client.get(f"{HOME}volume/").json()
    assert (answer["results"], answer["counted_until"]) == ([], None)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"from": "2030-02-30"}, "/from"),
        ({"to": "x"}, "/to"),
        ({"by": "moderator"}, "/by"),
        ({"by": "day,source,section,queue"}, "/by"),
        ({"format": "xml"}, "/format"),
        ({"rule": "x"}, "/rule"),
        ({"from": "2030-01-02", "to": "2030-01-01"}, "/from"),
        ({"page": "2"}, "/page"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    client_with: Callable[..., Any], query: dict[str, str], pointer: str
) -> None:
    answer = client_with("statistics").get(f"{HOME}volume/", query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_report_that_is_none_is_not_found(client_with: Callable[..., Any]) -> None:
    assert client_with("statistics").get(f"{HOME}none/").status_code == 404
