"""What spares a moderator is their own: a pause after severe comments in a row, and severe ones without colours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from moderation.models import AuditEntry, DailyFigure, Moderator, Review

pytestmark = pytest.mark.django_db
CHOSEN: dict[str, Any] = {"blur_above": "0.4", "page_size": "25", "single_keys": "on"}
GO_ON = "/pause/"


@pytest.fixture
def open_page(moderator: Client, desk: Callable[..., str]) -> Callable[[Review], str]:
    """Opens a comment as the moderator and returns the page."""
    return lambda review: moderator.get(desk("comment", review.pk) + "?queue=pending").content.decode()


@pytest.fixture
def severe(make_pending: Callable[..., Review]) -> Callable[[], Review]:
    return lambda: make_pending("A horrible remark.", threat=0.9)


def test_the_third_severe_comment_in_a_row_waits_until_the_person_goes_on(
    moderator: Client, desk: Callable[..., str], severe: Callable[[], Review], open_page: Callable[[Review], str]
) -> None:
    moderator.post(desk("settings"), {**CHOSEN, "pause_after": "2"})
    first, second, third = severe(), severe(), severe()
    for review in (first, second):
        assert GO_ON not in open_page(review)
    page = open_page(third)
    assert "horrible" not in page
    assert GO_ON in page
    assert GO_ON in open_page(first), "an earlier severe one waits too"
    with CaptureQueriesContext(connection) as queries:
        moderator.get(desk("comment", third.pk))
    assert len(queries) < 15
    answer = moderator.post(desk("pause-end", third.pk) + "?queue=pending")
    assert answer.headers["Location"] == desk("comment", third.pk) + "?queue=pending"
    assert "horrible" in open_page(third)
    assert "You opened 3 severe comments today." in moderator.get(desk("queue", "pending")).content.decode()


def test_a_calm_comment_between_them_starts_the_row_anew(
    moderator: Client,
    desk: Callable[..., str],
    severe: Callable[[], Review],
    make_pending: Callable[..., Review],
    open_page: Callable[[Review], str],
) -> None:
    moderator.post(desk("settings"), {**CHOSEN, "pause_after": "2"})
    for review in (severe(), make_pending("Dull."), severe()):
        open_page(review)
    assert GO_ON not in open_page(severe())
    assert GO_ON not in open_page(make_pending("Dull.")), "a calm comment never waits"


def test_nobody_is_paused_who_did_not_ask_for_it(
    severe: Callable[[], Review], open_page: Callable[[Review], str]
) -> None:
    assert not any(GO_ON in open_page(severe()) for _ in range(6))


def test_opening_one_severe_comment_again_and_again_is_no_row(
    moderator: Client, desk: Callable[..., str], severe: Callable[[], Review], open_page: Callable[[Review], str]
) -> None:
    moderator.post(desk("settings"), {**CHOSEN, "pause_after": "2"})
    review = severe()
    assert not any(GO_ON in open_page(review) for _ in range(4))


def test_severe_comments_lose_their_colours_for_who_asked_and_others_keep_them(
    moderator: Client,
    staff: Callable[..., Client],
    desk: Callable[..., str],
    severe: Callable[[], Review],
    make_pending: Callable[..., Review],
    open_page: Callable[[Review], str],
) -> None:
    review, calm = severe(), make_pending("Dull.")
    assert "desk-grey" not in open_page(review)
    moderator.post(desk("settings"), {**CHOSEN, "grey_severe": "on"})
    assert "desk-grey" in open_page(review)
    assert "desk-grey" not in open_page(calm)
    assert moderator.get(desk("queue", "pending")).content.decode().count(" desk-grey") == 1
    assert "desk-grey" not in staff("senior").get(desk("comment", review.pk)).content.decode()


def test_a_category_is_left_out_of_what_comes_next_for_who_asked_and_stays_in_the_queue(
    moderator: Client,
    staff: Callable[..., Client],
    desk: Callable[..., str],
    severe: Callable[[], Review],
    make_pending: Callable[..., Review],
) -> None:
    threats, calm = [severe(), severe()], make_pending("Dull.", toxicity=0.85)
    Review.objects.filter(pk__in=[one.pk for one in threats]).update(risk=9)
    assert f"/comment/{calm.pk}/" not in staff("senior").post(desk("next", "pending")).headers["Location"]
    moderator.post(desk("settings"), {**CHOSEN, "away_from": "threat"})
    assert f"/comment/{calm.pk}/" in moderator.post(desk("next", "pending")).headers["Location"]
    version = f"{calm.pk}.{calm.comment.revision}.{Review.objects.get(pk=calm.pk).state_version}"
    done = moderator.post(desk("comment", calm.pk) + "?queue=pending", {"act": "approve", "seen": version})
    assert done.headers["Location"].startswith(desk("queue", "pending")), "only threats are left"
    page = moderator.get(desk("queue", "pending")).content.decode()
    assert all(f"#{one.pk}<" in page for one in threats)


def test_a_category_that_does_not_exist_is_refused(moderator: Client, desk: Callable[..., str]) -> None:
    assert moderator.post(desk("settings"), {**CHOSEN, "away_from": "comment_id"}).status_code == 400


@pytest.mark.parametrize("wrong", ["-1", "101", "x", "9" * 30])
def test_a_row_that_makes_no_sense_is_refused(moderator: Client, desk: Callable[..., str], wrong: str) -> None:
    assert moderator.post(desk("settings"), {**CHOSEN, "pause_after": wrong}).status_code == 400
    assert not Moderator.objects.exists()


def test_no_senior_report_or_trail_says_who_asked_for_a_pause(
    moderator: Client,
    staff: Callable[..., Client],
    desk: Callable[..., str],
    severe: Callable[[], Review],
    open_page: Callable[[Review], str],
) -> None:
    before = AuditEntry.objects.count()
    moderator.post(desk("settings"), {**CHOSEN, "pause_after": "1", "grey_severe": "on"})
    for _ in range(3):
        open_page(severe())
    assert AuditEntry.objects.count() == before
    assert not DailyFigure.objects.exists()
    row = Moderator.objects.get()
    administrator = staff("administrator")
    for address in (
        desk("numbers"),
        reverse("admin:auth_user_change", args=[row.user_id]),
        "/api/v1/statistics/",
    ):
        page = administrator.get(address).content.decode()
        assert not any(word in page for word in ("pause_after", "grey_severe", "in_a_row"))
