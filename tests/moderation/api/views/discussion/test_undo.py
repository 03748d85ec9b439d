"""Taking decisions back, muting who comments, and what the feed says of both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from archive.models import Comment, Commenter, Source
from moderation.models import Decision, Review, State
from moderation.services.review.bulk import decisions_record


def decided(client: APIClient, review: Review, action: str = "reject") -> int:
    response = client.post(f"/api/v1/comments/{review.pk}/decisions/", {"action": action})
    assert response.status_code == 201, response.content
    return int(response.json()["id"])


def undo(client: APIClient, decision: int, body: dict[str, Any] | None = None) -> Any:
    return client.post(f"/api/v1/decisions/{decision}/undo/", body)


def test_an_undo_puts_the_comment_back_and_is_a_row_that_names_what_it_undoes(
    api: APIClient, judged: Callable[..., Review]
) -> None:
    review = judged()
    decision = decided(api, review)
    response = undo(api, decision)
    assert response.status_code == 201, response.content
    body = response.json()
    assert (body["kind"], body["action"], body["undoes"]) == ("undo", "undo", decision)
    assert (body["from_state"], body["to_state"], body["api_key"]) == ("rejected", "pending", "key 1")
    review.refresh_from_db()
    assert review.state == State.PENDING
    assert [row["id"] for row in api.get("/api/v1/decisions/").json()["results"]] == [decision, body["id"]]


def test_an_undo_is_not_done_twice_and_not_past_a_later_decision(api: APIClient, judged: Callable[..., Review]) -> None:
    review = judged()
    first = decided(api, review)
    second = decided(api, review, "approve")
    assert undo(api, first).status_code == 409
    assert undo(api, second).status_code == 201
    assert undo(api, second).status_code == 409
    assert undo(api, first).status_code == 201
    assert undo(api, 2**40).status_code == 404


def test_an_undo_takes_no_fields(api: APIClient, judged: Callable[..., Review]) -> None:
    decision = decided(api, judged())
    assert undo(api, decision, {"reason": "mistake"}).status_code == 400
    assert undo(api, decision, {}).status_code == 201


def test_a_key_and_a_moderator_undo_their_own_and_a_senior_undoes_everybodys(
    api: APIClient,
    client_with: Callable[..., APIClient],
    signed_in: Callable[..., APIClient],
    judged: Callable[..., Review],
) -> None:
    by_key, by_moderator = judged(), judged()
    moderator = signed_in("moderator")
    decision, other = decided(api, by_key), decided(moderator, by_moderator)
    assert undo(client_with("moderate"), decision).status_code == 403
    assert undo(moderator, decision).status_code == 403
    assert undo(api, other).status_code == 403
    assert undo(moderator, other).status_code == 201
    assert undo(signed_in("senior"), decision).status_code == 201


@pytest.fixture
def batch(judged: Callable[..., Review]) -> tuple[User, str, list[Review]]:
    """An act on three comments by a moderator."""
    user = User.objects.create_user("bulk")
    reviews = [judged() for _ in range(3)]
    seen = {review.pk: (review.pk, 1, review.state_version) for review in reviews}
    outcome = decisions_record(tokens=seen, action="reject", actor=user)
    return user, str(outcome.batch), reviews


def test_an_act_on_many_comments_is_listed_and_undone_by_its_number(
    batch: tuple[User, str, list[Review]], signed_in: Callable[..., APIClient], api: APIClient
) -> None:
    user, number, reviews = batch
    assert len(api.get("/api/v1/decisions/", {"batch": number}).json()["results"]) == 3
    decided(api, reviews[0], "approve")
    senior = signed_in("senior")
    body = senior.post(f"/api/v1/batches/{number}/undo/").json()
    assert (body["done"], body["refused"]) == (2, {"later": [reviews[0].pk]})
    assert body["batch"] != number
    assert len(api.get("/api/v1/decisions/", {"batch": body["batch"]}).json()["results"]) == 2
    states = Review.objects.filter(pk__in=[review.pk for review in reviews]).order_by("pk")
    assert [review.state for review in states] == ["approved", "pending", "pending"]
    assert user.username == "bulk"


def test_an_act_on_many_that_is_not_there_or_anothers_is_refused(
    batch: tuple[User, str, list[Review]], signed_in: Callable[..., APIClient], api: APIClient
) -> None:
    assert signed_in("senior").post(f"/api/v1/batches/{uuid4()}/undo/").status_code == 404
    assert signed_in("moderator").post(f"/api/v1/batches/{batch[1]}/undo/").status_code == 403
    assert api.post(f"/api/v1/batches/{batch[1]}/undo/").status_code == 403
    assert Decision.objects.count() == 3


def test_a_batch_that_is_no_uuid_is_refused(api: APIClient) -> None:
    response = api.get("/api/v1/decisions/", {"batch": "x"})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, "/batch")


def test_a_commenter_is_muted_until_a_time_and_unmuted_and_the_feed_tells_both(
    api: APIClient, judged: Callable[..., Review], commenter: Commenter, source: Source
) -> None:
    review, address = judged(), f"/api/v1/commenters/{commenter.pk}/mute/"
    until = timezone.now() + timedelta(days=7)
    body = {"reason": "insult", "until": until.isoformat(), "comment": review.pk}
    response = api.post(address, body)
    assert response.status_code == 201, response.content
    row = response.json()
    assert (row["commenter"], row["comment"], row["action"], row["reason"]) == (commenter.pk, None, "mute", "insult")
    assert (row["source"], row["external_id"], row["api_key"]) == (source.slug, "name:ada", "key 1")
    assert row["until"] == until.isoformat().replace("+00:00", "Z")
    assert api.post(address, {"reason": "insult"}).status_code == 409
    ended = api.delete(address)
    assert (ended.status_code, ended.json()["action"]) == (200, "unmute")
    assert api.delete(address).status_code == 409
    feed = api.get("/api/v1/decisions/").json()["results"]
    assert [one["action"] for one in feed] == ["mute", "unmute"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/reason"),
        ({"reason": "dislike"}, "/reason"),
        ({"reason": "insult", "until": "2001-01-01T00:00:00Z"}, "/until"),
        ({"reason": "insult", "comment": 2**40}, "/comment"),
        ({"reason": "insult", "comment": "x"}, "/comment"),
        ({"reason": "insult", "colour": "red"}, "/colour"),
    ],
)
def test_a_mute_that_makes_no_sense_is_refused_by_field(
    api: APIClient, commenter: Commenter, body: dict[str, Any], pointer: str
) -> None:
    response = api.post(f"/api/v1/commenters/{commenter.pk}/mute/", body)
    assert response.status_code == 400, response.content
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert not Decision.objects.exists()


def test_what_a_reader_flags_is_reviewable_also_where_it_had_passed(
    api: APIClient, judged: Callable[..., Review]
) -> None:
    passed, rejected = judged(state=State.PASSED, flagged=False), judged(state=State.REJECTED)
    for review in (passed, rejected):
        address = f"/api/v1/comments/{review.pk}/flags/"
        assert api.post(address, {"reporter": "r1", "reason": "spam"}).status_code == 201
    assert [review.pk for review in Review.objects.for_view("reported")] == [passed.pk]
    decided(api, passed, "approve")
    assert not Review.objects.for_view("reported").exists()


def test_the_feed_names_comments_as_their_source_does(api: APIClient, judged: Callable[..., Review]) -> None:
    review = judged(external_id="c-77")
    decided(api, review)
    (row,) = api.get("/api/v1/decisions/").json()["results"]
    assert (row["source"], row["external_id"], row["comment"]) == ("harbor-times", "c-77", review.pk)


def test_a_webhook_and_the_feed_say_the_same_of_a_decision(api: APIClient, judged: Callable[..., Review]) -> None:
    from moderation.services.ledger.export import decision_fields, with_names

    decided(api, judged(), "approve")
    (row,) = api.get("/api/v1/decisions/").json()["results"]
    sent = decision_fields(with_names(Decision.objects.all()).get())
    assert {name: value for name, value in row.items() if name != "note"} == sent


@pytest.mark.usefixtures("cache_clock")
def test_a_page_of_the_feed_costs_the_same_number_of_queries_whatever_it_holds(
    api: APIClient,
    judged: Callable[..., Review],
    commenter: Commenter,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for _ in range(5):
        decided(api, judged())
    api.post(f"/api/v1/commenters/{commenter.pk}/mute/", {"reason": "spam"})
    with django_assert_max_num_queries(4):
        assert len(api.get("/api/v1/decisions/").json()["results"]) == 6


def test_a_stale_tag_still_stops_a_decision_after_an_undo(api: APIClient, judged: Callable[..., Comment]) -> None:
    review = judged()
    tag = api.get(f"/api/v1/comments/{review.pk}/")["ETag"]
    undo(api, decided(api, review))
    address = f"/api/v1/comments/{review.pk}/decisions/"
    assert api.post(address, {"action": "approve"}, headers={"If-Match": tag}).status_code == 412
