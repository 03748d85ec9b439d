"""`POST policies/suggest/`: the threshold that meets a goal, of what the caller may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import yaml
from django.conf import settings
from rest_framework.test import APIClient

from archive.models import Source
from moderation.models import PolicyVersion, Review

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/policies/suggest/"
GOAL = "maximum recall @ precision >= 0.8"
Archive = Callable[[int], None]


@pytest.fixture
def moderator(client_with: Callable[..., APIClient]) -> APIClient:
    return client_with("moderate")


def fits(answer: dict[str, Any]) -> None:
    text = (settings.BASE_DIR / "docs/reference/openapi.yaml").read_text(encoding="utf-8")
    document = yaml.load(text, Loader=yaml.CSafeLoader)
    schema = {"$ref": "#/components/schemas/Suggestion", "components": document["components"]}
    jsonschema.validate(answer, schema, cls=jsonschema.Draft202012Validator)


def test_a_goal_is_answered_with_a_threshold_and_its_estimates(moderator: APIClient, decided_archive: Archive) -> None:
    decided_archive(500)
    answer = moderator.post(ADDRESS, {"goal": GOAL}).json()
    fits(answer)
    assert answer["supported"]
    assert answer["estimates"]["precision"]["low"] >= 0.8
    assert (answer["comments"], answer["attribute"], answer["guarantee"]) == (500, "toxicity", False)
    promised = moderator.post(ADDRESS, {"goal": "minimum match_rate @ recall >= 0.7", "guarantee": True}).json()
    fits(promised)
    assert promised["missed_share_at_most"] <= 0.3


def test_that_there_is_no_answer_is_one(moderator: APIClient, decided_archive: Archive) -> None:
    decided_archive(40)
    response = moderator.post(ADDRESS, {"goal": GOAL, "section": "Politics"})
    answer = response.json()
    fits(answer)
    assert (response.status_code, answer["threshold"], answer["supported"]) == (200, None, False)
    assert answer["more"] > 0
    assert moderator.post(ADDRESS, {"goal": GOAL, "since": "2030-01-01T00:00:00Z"}).json()["comments"] == 0


def test_perspectives_threshold_becomes_ours_that_flags_as_many(
    moderator: APIClient, scored: Callable[..., Any]
) -> None:
    for text in ("You are a stupid idiot and everybody hates you.", "What a fool!", "Thank you for the harbor map."):
        scored(text)
    answer = moderator.post(ADDRESS, {"perspective": 0.7, "attribute": "TOXICITY"}).json()
    fits(answer)
    flagged = Review.objects.filter(toxicity__gte=answer["threshold"] - 1e-6).count()
    assert (answer["attribute"], answer["comments"], answer["flagged"]) == ("toxicity", 3, flagged)
    assert 0 < flagged < 3
    assert moderator.post(ADDRESS, {"perspective": 1}).json()["threshold"] is None


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({}, "/goal"),
        ({"goal": GOAL, "perspective": 0.5}, "/goal"),
        ({"perspective": 0.5, "guarantee": True}, "/guarantee"),
        ({"perspective": 1.5}, "/perspective"),
        ({"perspective": 0}, "/perspective"),
        ({"perspective": 0.5, "attribute": "SPAM"}, "/attribute"),
        ({"goal": "the best"}, "/goal"),
        ({"goal": GOAL, "attribute": "wit"}, "/attribute"),
        ({"goal": GOAL, "attribute": "score__extra"}, "/attribute"),
        ({"goal": GOAL, "guarantee": True}, "/goal"),
        ({"goal": GOAL, "sources": ["nowhere"]}, "/sources/0"),
        ({"goal": GOAL, "since": "yesterday"}, "/since"),
        ({"goal": GOAL, "days": 3}, "/days"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_field(moderator: APIClient, sent: dict[str, Any], pointer: str) -> None:
    response = moderator.post(ADDRESS, sent)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert [one["pointer"] for one in response.json()["errors"]] == [pointer]


def test_callers_learn_of_their_own_sources_alone(
    client_with: Callable[..., APIClient], decided_archive: Archive, elsewhere: Source
) -> None:
    decided_archive(10)
    here = Source.objects.exclude(pk=elsewhere.pk).get()
    limited = client_with("moderate", sources=[elsewhere])
    assert limited.post(ADDRESS, {"goal": GOAL}).json()["comments"] == 0
    assert limited.post(ADDRESS, {"goal": GOAL, "sources": [here.slug]}).status_code == 400
    assert client_with("moderate", sources=[here]).post(ADDRESS, {"goal": GOAL}).json()["comments"] == 10


def test_the_number_that_a_goal_became_is_in_the_answer_to_its_activation(
    client_with: Callable[..., APIClient], decided_archive: Archive
) -> None:
    decided_archive(60)
    client = client_with("policy", "policy_activate", "read")
    goal = {"attribute": "toxicity", "goal": "maximum match_rate @ queue_per_day <= 30"}
    body = {"schema": 2, "name": "G", "rules": [{"id": "r", "when": {"any": [goal]}, "action": "queue"}]}
    written = client.post("/api/v1/policies/", {"body": body}).json()
    (open_goal,) = written["goals"]
    assert open_goal == {"pointer": "/rules/0/when/any/0", **goal, "threshold": None}
    active = client.post(f"/api/v1/policies/{written['version']}/activate/").json()
    assert (active["version"], active["active"]) == (written["version"] + 1, True)
    assert active["goals"][0]["threshold"] == active["body"]["rules"][0]["when"]["any"][0]["gte"]
    unsupported = {**body, "rules": [{**body["rules"][0], "when": {"any": [{**goal, "goal": GOAL}]}}]}  # type: ignore[dict-item]
    written = client.post("/api/v1/policies/", {"body": unsupported}).json()
    refused = client.post(f"/api/v1/policies/{written['version']}/activate/")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/body/rules/0/when/any/0/goal"
    assert PolicyVersion.objects.get(active=True).version == active["version"]
