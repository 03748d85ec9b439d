"""Pages as clients see them: addresses to follow, limits, and cursors that nobody can make up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from rest_framework.test import APIClient

from moderation.models import Review

SAME = datetime(2024, 5, 1, tzinfo=UTC)


def page(api: APIClient, address: str) -> dict[str, Any]:
    response = api.get(address)
    assert response.status_code == 200, response.content
    return dict(response.json())


def cursor_of(address: str | None) -> str:
    assert address is not None
    return parse_qs(urlsplit(address).query)["cursor"][0]


def followed(api: APIClient, address: str, way: str) -> list[list[int]]:
    pages, there = [], address
    while there:
        body = page(api, there)
        pages.append([row["id"] for row in body["results"]])
        there = body[way]
        assert len(pages) < 50, "the addresses lead in a circle"
    return pages


@pytest.mark.parametrize("ordering", ["created_at", "-created_at", "risk", "-risk", "toxicity", "-toxicity"])
def test_equal_values_and_missing_scores_are_walked_through_once_in_both_directions(
    api: APIClient, judged: Callable[..., Review], ordering: str
) -> None:
    for number in range(11):
        scores = None if number % 4 == 0 else {"toxicity": (number % 3) / 2}
        judged(created_at=SAME, risk=float(number % 2), scores=scores)
    forward = followed(api, f"/api/v1/flagged/?limit=3&ordering={ordering}", "next")
    ids = [pk for one in forward for pk in one]
    assert [len(one) for one in forward] == [3, 3, 3, 2]
    assert len(set(ids)) == len(ids) == 11
    last = f"/api/v1/flagged/?limit=3&ordering={ordering}"
    for _ in range(3):
        last = page(api, last)["next"]
    back = followed(api, last, "previous")
    assert [pk for one in reversed(back) for pk in one] == ids


def test_comments_without_a_score_come_last_whichever_way_scores_are_ordered(
    api: APIClient, judged: Callable[..., Review]
) -> None:
    low, none, high = judged(scores={"toxicity": 0.1}), judged(), judged(scores={"toxicity": 0.9})
    absent = judged(scores={"insult": 0.5})
    for ordering, ids in {"toxicity": [low, high, none, absent], "-toxicity": [high, low, absent, none]}.items():
        body = page(api, f"/api/v1/flagged/?ordering={ordering}")
        assert [row["id"] for row in body["results"]] == [review.pk for review in ids]


def test_the_first_page_has_no_previous_and_the_last_no_next(api: APIClient, judged: Callable[..., Review]) -> None:
    for _ in range(4):
        judged()
    first = page(api, "/api/v1/flagged/?limit=2&state=pending")
    second = page(api, first["next"])
    assert (first["previous"], second["next"]) == (None, None)
    assert "state=pending" in first["next"]
    assert page(api, second["previous"])["previous"] is None


def test_a_page_that_is_exactly_full_has_no_next(api: APIClient, judged: Callable[..., Review]) -> None:
    judged()
    judged()
    assert page(api, "/api/v1/flagged/?limit=2")["next"] is None


@pytest.mark.parametrize("limit", ["0", "501", "-1", "ten", "1.5", "", "٣", "9" * 30])
def test_a_limit_outside_1_to_500_is_refused_with_the_limit(api: APIClient, limit: str) -> None:
    response = api.get("/api/v1/comments/", {"limit": limit})
    assert response.status_code == 400
    assert response.json()["errors"][0] | {"detail": ""} == {
        "pointer": "/limit",
        "code": "limit",
        "detail": "",
        "limit": 500,
    }


def test_a_cursor_that_was_changed_by_a_letter_is_refused(api: APIClient, judged: Callable[..., Review]) -> None:
    judged()
    judged()
    cursor = cursor_of(page(api, "/api/v1/flagged/?limit=1")["next"])
    for index in range(0, len(cursor), 7):
        changed = cursor[:index] + ("A" if cursor[index] != "A" else "B") + cursor[index + 1 :]
        response = api.get("/api/v1/flagged/", {"limit": 1, "cursor": changed})
        assert response.status_code == 400, changed
        assert response.json()["errors"][0]["pointer"] == "/cursor"


def test_a_cursor_of_another_list_is_refused(api: APIClient, judged: Callable[..., Review]) -> None:
    judged()
    judged()
    cursor = cursor_of(page(api, "/api/v1/flagged/?limit=1")["next"])
    assert api.get("/api/v1/comments/", {"cursor": cursor}).status_code == 400


def test_a_cursor_of_another_order_is_refused(api: APIClient, judged: Callable[..., Review]) -> None:
    judged()
    judged()
    cursor = cursor_of(page(api, "/api/v1/flagged/?limit=1&ordering=-risk")["next"])
    response = api.get("/api/v1/flagged/", {"cursor": cursor, "ordering": "risk"})
    assert response.status_code == 400
    assert "ordering=-risk" in response.json()["detail"]


def test_an_order_that_a_list_does_not_have_is_refused_naming_those_it_has(api: APIClient) -> None:
    response = api.get("/api/v1/flagged/", {"ordering": "text"})
    assert response.status_code == 400
    assert "risk" in response.json()["errors"][0]["detail"]
