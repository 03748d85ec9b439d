"""Appeals by API: made by a source, refused by field, listed and filtered, never decided by a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from archive.models import Source
from moderation.models import Appeal, Decision, Review
from moderation.services.review.decisions import decision_record

pytestmark = pytest.mark.django_db
APPEALS = "/api/v1/appeals/"


@pytest.fixture
def rejection(judged: Callable[..., Review]) -> Decision:
    ada = User.objects.create_user("ada")
    return decision_record(comment_id=judged(scores={"toxicity": 0.9}).pk, action="reject", actor=ada)


def test_an_appeal_is_made_once_and_read_again(api: APIClient, rejection: Decision) -> None:
    body = {"decision": rejection.pk, "text": "Why?", "appellant": "r1"}
    first, again = api.post(APPEALS, body), api.post(APPEALS, body)
    assert (first.status_code, again.status_code) == (201, 200), first.content
    assert first.json() == again.json()
    shown = first.json()
    assert (shown["decision"], shown["comment"], shown["outcome"]) == (rejection.pk, rejection.comment_id, None)
    assert shown["answer"] == ""
    assert api.get(f"{APPEALS}{shown['id']}/").json() == shown
    assert api.get(APPEALS).json()["results"] == [shown]
    assert api.post(APPEALS, {**body, "text": "Why indeed?"}).status_code == 409


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"decision": "x"}, "/decision"),
        ({"text": ""}, "/text"),
        ({"text": "x" * 5_001}, "/text"),
        ({"appellant": "x" * 256}, "/appellant"),
        ({"callback_url": "https://evil.example/"}, "/callback_url"),
        ({"outcome": "overturned"}, "/outcome"),
    ],
)
def test_what_is_wrong_is_named(api: APIClient, rejection: Decision, change: dict[str, Any], pointer: str) -> None:
    answer = api.post(APPEALS, {"decision": rejection.pk, "text": "Why?", **change})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_key_of_another_source_finds_no_decision(client_with: Callable[..., APIClient], rejection: Decision) -> None:
    other = Source.objects.create(slug="other", name="Other")
    answer = client_with("appeal", sources=[other]).post(APPEALS, {"decision": rejection.pk, "text": "Why?"})
    assert answer.status_code == 404
    assert not Appeal.objects.exists()


def test_lists_are_narrowed(api: APIClient, rejection: Decision, source: Source) -> None:
    appeal = Appeal.objects.create(decision=rejection, comment_id=rejection.comment_id or 0, text="A", outcome="upheld")
    made = api.post(APPEALS, {"decision": rejection.pk, "text": "Why?"}).json()["id"]

    def found(query: str) -> list[int]:
        return [row["id"] for row in api.get(f"{APPEALS}?{query}").json()["results"]]

    assert found("open=true") == [made]
    assert found("open=false") == found("outcome=upheld") == [appeal.pk]
    assert found(f"source={source.slug}&decision={rejection.pk}") == [appeal.pk, made]
    assert found("source=nowhere") == found("comment=999999") == []
    assert api.get(f"{APPEALS}?outcome=lost").status_code == 400
