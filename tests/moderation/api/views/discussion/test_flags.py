"""Readers' reports."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from moderation.models import ReaderFlag, Review


def test_a_report_counts_once_for_each_reporter_and_reason(api: APIClient, judged: Callable[..., Review]) -> None:
    review = judged()
    address = f"/api/v1/comments/{review.pk}/flags/"
    first = api.post(address, {"reporter": "r1", "reason": "insult"})
    assert first.status_code == 201
    assert first.json() | {"at": ""} == {
        "comment": review.pk,
        "reporter": "r1",
        "reason": "insult",
        "at": "",
        "outcome": "created",
    }
    again = api.post(address, {"reporter": "r1", "reason": "insult"})
    assert (again.status_code, again.json()) == (200, {**first.json(), "outcome": "unchanged"})
    assert api.post(address, {"reporter": "r1", "reason": "spam"}).status_code == 201
    assert api.post(address, {"reporter": "r2", "reason": "insult"}).status_code == 201
    review.refresh_from_db()
    assert (review.reader_flags, review.state) == (3, "pending")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/reporter", "/reason"]),
        ({"reporter": "", "reason": "spam"}, ["/reporter"]),
        ({"reporter": "r", "reason": "boring"}, ["/reason"]),
        ({"reporter": "r" * 256, "reason": "spam"}, ["/reporter"]),
        ({"reporter": "r", "reason": "spam", "note": "x"}, ["/note"]),
    ],
)
def test_a_report_that_is_not_right_is_refused_by_field(
    api: APIClient, judged: Callable[..., Review], body: dict[str, str], pointers: list[str]
) -> None:
    response = api.post(f"/api/v1/comments/{judged().pk}/flags/", body)
    assert response.status_code == 400
    assert [error["pointer"] for error in response.json()["errors"]] == pointers
    assert not ReaderFlag.objects.exists()


def test_a_report_on_a_comment_that_is_not_scored_yet_is_kept(
    api: APIClient, make_comment: Callable[..., object]
) -> None:
    comment = make_comment()
    response = api.post(f"/api/v1/comments/{comment.pk}/flags/", {"reporter": "r", "reason": "spam"})  # type: ignore[attr-defined]
    assert response.status_code == 201
