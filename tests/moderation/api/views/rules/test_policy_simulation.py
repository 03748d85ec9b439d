"""`POST policies/simulate/`: what a policy would do, to whom it is told, and over how much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from archive.models import Source
from moderation.models import PolicyVersion, Review, WordListVersion
from moderation.services.policies import simulation
from moderation.services.word_lists.entries import Entry
from moderation.services.word_lists.lists import Author, word_list_create

pytestmark = pytest.mark.django_db
SIMULATE = "/api/v1/policies/simulate/"
RULE = {"id": "r", "when": {"any": [{"attribute": "toxicity", "gte": 0.5}]}, "action": "queue"}
BODY = {"schema": 2, "name": "Tried", "rules": [RULE]}
Make = Callable[..., Any]


@pytest.fixture
def moderator(client_with: Callable[..., APIClient]) -> APIClient:
    return client_with("moderate")


@pytest.fixture
def reviewed(make_comment: Make, make_review: Make) -> Make:
    def make(toxicity: float, year: int = 2021, **columns: Any) -> Review:
        comment = make_comment(created_at=datetime(year, 5, 1, tzinfo=UTC), **columns)
        facts = {"text_hash": comment.text_hash, "links": 0, "length": 9}
        review: Review = make_review(comment, toxicity=toxicity, facts=facts)
        return review

    return make


def test_a_policy_is_simulated_beside_the_active_one(moderator: APIClient, reviewed: Make) -> None:
    changed, _ = reviewed(0.6), reviewed(0.1)
    before = list(Review.objects.order_by("pk").values())
    response = moderator.post(SIMULATE, {"body": BODY})
    assert response.status_code == 200
    found = response.json()
    assert (found["name"], found["policy"], found["comments"], found["actions"]["queue"]) == ("Tried", None, 2, 1)
    assert found["rules"] == [{"rule": "r", "action": "queue", "matched": 1, "decides": 1}]
    (change,) = found["changes"]
    assert (change["from"], change["to"], change["examples"][0]["comment"]) == ("pass", "queue", changed.pk)
    assert list(Review.objects.order_by("pk").values()) == before


def test_without_a_policy_it_is_the_active_one_and_a_version_is_taken_by_number(
    moderator: APIClient, reviewed: Make
) -> None:
    reviewed(0.9)
    active = PolicyVersion.objects.get(active=True).version
    found = moderator.post(SIMULATE, {}).json()
    assert (found["policy"], found["active"], found["changes"]) == (active, active, [])
    PolicyVersion.objects.create(version=40, body={**BODY, "rules": []}, sha256="0" * 64)
    found = moderator.post(SIMULATE, {"version": 40}).json()
    assert (found["policy"], found["actions"]["pass"]) == (40, 1)


def test_the_comments_are_chosen_by_time_source_and_section(
    moderator: APIClient, reviewed: Make, source: Source
) -> None:
    for year in (2020, 2021, 2022):
        reviewed(0.6, year=year)
    times = {"since": "2021-01-01T00:00:00Z", "until": "2022-01-01T00:00:00Z"}
    assert moderator.post(SIMULATE, times).json()["comments"] == 1
    assert moderator.post(SIMULATE, {"source": source.slug, "section": "Politics"}).json()["comments"] == 3
    assert moderator.post(SIMULATE, {"section": "Nowhere"}).json()["comments"] == 0


def test_a_limited_key_simulates_over_its_own_sources(
    client_with: Callable[..., APIClient], reviewed: Make, source: Source
) -> None:
    other = Source.objects.create(slug="other", name="Other")
    reviewed(0.6)
    limited = client_with("moderate", sources=[other])
    assert limited.post(SIMULATE, {}).json()["comments"] == 0
    refused = limited.post(SIMULATE, {"source": source.slug})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/source")


def test_too_many_comments_are_for_the_command(
    moderator: APIClient, reviewed: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        reviewed(0.6)
    monkeypatch.setattr(simulation, "MOST_COMMENTS", 3)
    assert moderator.post(SIMULATE, {}).status_code == 200
    monkeypatch.setattr(simulation, "MOST_COMMENTS", 2)
    response = moderator.post(SIMULATE, {})
    (error,) = response.json()["errors"]
    assert (response.status_code, error["pointer"], error["limit"]) == (400, "/since", 2)
    assert "manage.py policy simulate" in error["detail"]


@pytest.mark.parametrize(
    ("sent", "status", "pointer"),
    [
        ({"body": {**BODY, "extra": 1}}, 400, "/body/extra"),
        ({"body": []}, 400, "/body"),
        ({"body": {**BODY, "rules": [{**RULE, "action": "delete"}]}}, 400, "/body/rules/0/action"),
        ({"body": BODY, "version": 7}, 400, "/version"),
        ({"version": 0}, 400, "/version"),
        ({"version": 999}, 404, None),
        ({"since": "yesterday"}, 400, "/since"),
        ({"source": "no-such"}, 400, "/source"),
        ({"policy": BODY}, 400, "/policy"),
    ],
)
def test_what_is_wrong_is_a_problem_with_its_pointer(
    moderator: APIClient, sent: dict[str, Any], status: int, pointer: str | None
) -> None:
    response = moderator.post(SIMULATE, sent)
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert [one["pointer"] for one in response.json().get("errors", [])] == ([pointer] if pointer else [])


def test_a_goal_without_a_number_is_told_at_its_place(moderator: APIClient, reviewed: Make) -> None:
    reviewed(0.6)
    goal = {"attribute": "toxicity", "goal": "maximum recall @ precision >= 0.9"}
    response = moderator.post(SIMULATE, {"body": {**BODY, "rules": [{**RULE, "when": {"any": [goal]}}]}})
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"].startswith("/body/rules/0/when/any/0")


def test_it_asks_for_the_scope_moderate(client_with: Callable[..., APIClient]) -> None:
    assert client_with("read", "policy").post(SIMULATE, {}).status_code == 403


def test_what_rows_lack_of_what_a_policy_reads_is_told(client_with: Callable[..., APIClient], reviewed: Make) -> None:
    word_list_create(name="slurs", entries=[Entry("blorg")], author=Author())
    known, older, _oldest = reviewed(0.6), reviewed(0.6), reviewed(0.6)
    edition = WordListVersion.objects.get().pk
    Review.objects.filter(pk=known.pk).update(facts_edition=edition)
    Review.objects.filter(pk=older.pk).update(facts_edition=edition - 1)
    listed = {**BODY, "rules": [{**RULE, "when": {"all": [{"list": "slurs"}]}}]}
    lacking = {"texts": 1, "lists": {"slurs": 2}}
    client = client_with("moderate", "policy", "policy_activate")
    assert client.post(SIMULATE, {"body": listed}).json()["lacking"] == lacking
    assert client.post(SIMULATE, {"body": BODY}).json()["lacking"] == {"texts": 0, "lists": {}}
    version = client.post("/api/v1/policies/", {"body": listed}).json()["version"]
    assert client.post(f"/api/v1/policies/{version}/activate/").json()["lacking"] == lacking
