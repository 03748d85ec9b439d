"""Deciding, and reading what was decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from archive.models import Comment
from moderation.models import Decision, Review, State

ABUSE = "You are a stupid idiot and everybody hates you."


def address(comment: Any) -> str:
    return f"/api/v1/comments/{comment.pk}/decisions/"


def test_a_decision_moves_the_comment_and_is_written_whole(api: APIClient, scored: Callable[..., Comment]) -> None:
    comment = scored(ABUSE)
    response = api.post(address(comment), {"action": "reject", "reason": "insult", "note": "Third time."})
    assert response.status_code == 201, response.content
    body = response.json()
    assert (body["comment"], body["kind"], body["action"]) == (comment.pk, "system", "reject")
    assert (body["from_state"], body["to_state"]) == ("pending", "rejected")
    assert (body["reason"], body["ground"], body["note"]) == ("insult", "terms", "Third time.")
    assert (body["actor"], body["api_key"], body["policy"]) == (None, "key 1", 1)
    assert body["scores"]["toxicity"] > 0.7
    assert body["model"] == "compact@6"
    assert len(body["text_seal"]) == 64
    assert ABUSE not in response.content.decode()
    assert api.get(f"/api/v1/comments/{comment.pk}/").json()["state"] == "rejected"
    assert api.get(address(comment)).json()["results"] == [body]
    assert [row["id"] for row in api.get("/api/v1/flagged/?state=rejected").json()["results"]] == [comment.pk]


def test_the_note_of_a_decision_without_one_is_empty(api: APIClient, judged: Callable[..., Review]) -> None:
    assert api.post(address(judged()), {"action": "approve"}).json()["note"] == ""


def test_a_person_in_a_session_is_the_actor(signed_in: Callable[..., APIClient], judged: Callable[..., Review]) -> None:
    body = signed_in("moderator").post(address(judged()), {"action": "approve"}).json()
    assert (body["actor"], body["api_key"]) == (User.objects.get().username, "")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/action"),
        ({"action": "explode"}, "/action"),
        ({"action": "undo"}, "/action"),
        ({"action": "close"}, "/action"),
        ({"action": "reject", "reason": "dislike"}, "/reason"),
        ({"action": "reject", "colour": "red"}, "/colour"),
        ({"action": "defer", "until": "tomorrow"}, "/until"),
        ({"action": "defer", "until": "2001-01-01T00:00:00Z"}, "/until"),
        ({"action": "reject", "note": "n" * 5001}, "/note"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused_by_field(
    api: APIClient, judged: Callable[..., Review], body: dict[str, Any], pointer: str
) -> None:
    response = api.post(address(judged()), body)
    assert response.status_code == 400, response.content
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert not Decision.objects.exists()


def test_a_comment_can_be_deferred_to_a_time(api: APIClient, judged: Callable[..., Review]) -> None:
    review = judged()
    until = timezone.now() + timedelta(hours=1)
    assert api.post(address(review), {"action": "defer", "until": until.isoformat()}).status_code == 201
    review.refresh_from_db()
    assert (review.state, review.deferred_until) == (State.DEFERRED, until)


def test_the_state_it_already_has_is_a_conflict(api: APIClient, judged: Callable[..., Review]) -> None:
    review = judged(state=State.REJECTED)
    assert api.post(address(review), {"action": "reject"}).status_code == 409


def test_an_unscored_comment_cannot_be_decided(api: APIClient, make_comment: Callable[..., Comment]) -> None:
    assert api.post(address(make_comment()), {"action": "approve"}).status_code == 409


def test_a_comment_that_another_holds_is_a_conflict(api: APIClient, judged: Callable[..., Review]) -> None:
    holder = User.objects.create_user("holder")
    review = judged(holder=holder, holder_until=timezone.now() + timedelta(minutes=5))
    response = api.post(address(review), {"action": "approve"})
    assert (response.status_code, response.json()["type"]) == (409, "urn:moderato:problem:conflict")


def test_if_match_with_the_etag_that_was_seen_is_let_through_once(
    api: APIClient, judged: Callable[..., Review]
) -> None:
    review = judged()
    tag = api.get(f"/api/v1/comments/{review.pk}/")["ETag"]
    headers = {"If-Match": tag}
    assert api.post(address(review), {"action": "approve"}, headers=headers).status_code == 201
    response = api.post(address(review), {"action": "reject"}, headers=headers)
    assert (response.status_code, response.json()["type"]) == (412, "urn:moderato:problem:precondition_failed")
    assert api.post(address(review), {"action": "reject"}, headers={"If-Match": "*"}).status_code == 201


@pytest.mark.parametrize(
    "tag", ['"0.1.1"', '"1.2.1"', '"x"', "1.1.1", 'W/"1.1.1"', '"1.1.1", "1.1.2"', '"9' + "9" * 30]
)
def test_a_tag_that_is_not_the_comments_fails_the_condition(
    api: APIClient, judged: Callable[..., Review], tag: str
) -> None:
    review = judged()
    sent = tag.replace("1.1.1", f"{review.pk}.1.1").replace('"1.2.1"', f'"{review.pk}.2.1"')
    response = api.post(address(review), {"action": "approve"}, headers={"If-Match": sent})
    assert response.status_code == 412
    assert not Decision.objects.exists()


def test_the_feed_is_oldest_first_and_goes_on_after_an_id(api: APIClient, judged: Callable[..., Review]) -> None:
    ids = []
    for _ in range(5):
        ids.append(api.post(address(judged()), {"action": "approve"}).json()["id"])
    assert ids == sorted(ids)

    def feed(query: str = "") -> list[int]:
        return [row["id"] for row in api.get(f"/api/v1/decisions/{query}").json()["results"]]

    assert feed() == ids
    assert feed(f"?after={ids[1]}") == ids[2:]
    assert feed("?after=0&limit=2") == ids[:2]
    assert feed(f"?after={ids[-1]}") == []
    following = api.get(f"/api/v1/decisions/?after={ids[0]}&limit=2").json()["next"]
    assert [row["id"] for row in api.get(following).json()["results"]] == ids[3:]


@pytest.mark.parametrize("after", ["-1", "x", "1.5", str(2**70)])
def test_an_after_that_is_no_id_is_refused(api: APIClient, after: str) -> None:
    response = api.get("/api/v1/decisions/", {"after": after})
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/after"


def test_decisions_on_a_comment_that_is_not_there_are_a_404(api: APIClient) -> None:
    assert api.get("/api/v1/comments/5/decisions/").status_code == 404
    assert api.post("/api/v1/comments/5/decisions/", {"action": "approve"}).status_code == 404
