"""A policy's way into effect by the API: in shadow, on a share, retired, taken back; what its rules hit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.conf import settings
from rest_framework.test import APIClient

from moderation.models import PolicyVersion, Review, ShadowVerdict

pytestmark = pytest.mark.django_db
POLICIES = "/api/v1/policies/"
RULE = {"id": "r", "when": {"any": [{"attribute": "toxicity", "gte": 0.5}]}, "action": "queue"}
BODY = {"schema": 2, "name": "Ours", "rules": [RULE]}
ABUSE = "You are a stupid idiot and everybody hates you."


@pytest.fixture
def writer(client_with: Callable[..., APIClient]) -> APIClient:
    """A client that writes and activates policies, and reads."""
    return client_with("policy", "policy_activate", "policy_automate", "read")


def is_described(answer: Any, name: str) -> None:
    """Checks that an answer is what the schema in the repository says."""
    path = Path(settings.BASE_DIR) / "docs" / "reference" / "openapi.yaml"
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    jsonschema.validate(answer, {"$ref": f"#/components/schemas/{name}", "components": document["components"]})


def test_a_version_goes_into_shadow_and_onto_a_share_and_is_retired(
    writer: APIClient, scored: Callable[..., Any]
) -> None:
    writer.post(POLICIES, {"body": BODY})
    shadow = writer.post(f"{POLICIES}2/shadow/").json()
    assert (shadow["status"], shadow["percent"], shadow["braked_at"], shadow["braked_rules"]) == ("shadow", 0, None, [])
    is_described(shadow, "Policy")
    scored(ABUSE)
    report = writer.get(f"{POLICIES}2/shadow/").json()
    assert (report["compared"], report["failures"]) == (1, 0)
    assert report["rules"] == [{"rule": "r", "comments": 1}]
    is_described(report, "Shadow")
    assert writer.post(f"{POLICIES}2/shadow/").status_code == 409
    rolled = writer.post(f"{POLICIES}2/rollout/", {"percent": 100}).json()
    assert (rolled["status"], rolled["percent"]) == ("rollout", 100)
    assert Review.objects.get(pk=scored(ABUSE).pk).policy.version == 2
    hits = writer.get(f"{POLICIES}2/hits/").json()
    assert (hits["before"], len(hits["days"]), hits["judged"][-1]) == (1, 28, 2)
    is_described(hits, "Hits")
    assert writer.post(f"{POLICIES}2/retire/").json()["status"] == "retired"
    assert ShadowVerdict.objects.count() == 2


@pytest.mark.parametrize("percent", [0, 101, "many", None, 2.5])
def test_a_share_that_is_none_is_refused_by_its_pointer(writer: APIClient, percent: Any) -> None:
    writer.post(POLICIES, {"body": BODY})
    writer.post(f"{POLICIES}2/shadow/")
    refused = writer.post(f"{POLICIES}2/rollout/", {"percent": percent})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/percent")
    assert PolicyVersion.objects.get(version=2).status == "shadow"


def test_what_a_rule_did_is_taken_back_by_one_call(writer: APIClient, scored: Callable[..., Any]) -> None:
    writer.post(POLICIES, {"body": {**BODY, "rules": [{**RULE, "action": "reject"}]}})
    assert writer.post(f"{POLICIES}2/activate/").status_code == 200
    comment = scored(ABUSE)
    assert Review.objects.get(pk=comment.pk).state == "rejected"
    done = writer.post(f"{POLICIES}2/revert/", {"rule": "r"})
    assert (done.status_code, done.json()["reverted"], done.json()["left"]) == (200, 1, 0)
    is_described(done.json(), "Reversion")
    assert Review.objects.get(pk=comment.pk).state == "pending"
    assert writer.get(f"{POLICIES}2/").json()["braked_rules"] == ["r"]
    unknown = writer.post(f"{POLICIES}2/revert/", {"rule": "x"})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (400, "/rule")
    assert writer.post(f"{POLICIES}9/revert/", {"rule": "r"}).status_code == 404


def test_a_key_that_may_only_write_changes_no_stage(client_with: Callable[..., APIClient]) -> None:
    client = client_with("policy", "read")
    client.post(POLICIES, {"body": BODY})
    for stage, body in (("shadow", {}), ("rollout", {"percent": 5}), ("retire", {}), ("revert", {"rule": "r"})):
        assert client.post(f"{POLICIES}2/{stage}/", body).status_code == 403
    assert PolicyVersion.objects.get(version=2).status == "draft"


def test_a_goal_without_a_number_is_told_at_the_same_place_by_every_stage(writer: APIClient) -> None:
    when = {"any": [{"attribute": "toxicity", "goal": "maximum recall @ precision >= 0.9"}]}
    writer.post(POLICIES, {"body": {**BODY, "rules": [{**RULE, "when": when}]}})
    places = {
        writer.post(f"{POLICIES}2/{stage}/", body).json()["errors"][0]["pointer"]
        for stage, body in (("shadow", {}), ("rollout", {"percent": 5}), ("activate", {}))
    }
    assert places == {"/body/rules/0/when/any/0/goal"}


def test_whoever_is_limited_to_sources_sees_what_a_version_did_there_alone(
    writer: APIClient, client_with: Callable[..., APIClient], scored: Callable[..., Any], source: Any, elsewhere: Any
) -> None:
    writer.post(POLICIES, {"body": BODY})
    writer.post(f"{POLICIES}2/shadow/")
    scored(ABUSE)
    for home, count in ((source, 1), (elsewhere, 0)):
        client = client_with("read", sources=[home])
        assert client.get(f"{POLICIES}2/shadow/").json()["compared"] == count
        assert sum(client.get(f"{POLICIES}2/hits/").json()["judged"]) == count
