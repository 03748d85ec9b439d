"""What two versions differ in, whether rules behave as they did, and goals resolved anew, by the API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.conf import settings
from rest_framework.test import APIClient

from archive.models import Source
from moderation.models import PolicyVersion
from moderation.services.accounts.api_keys import api_key_create
from moderation.services.policies.versions import policy_create

pytestmark = pytest.mark.django_db
POLICIES = "/api/v1/policies/"
RULE = {"id": "r", "when": {"any": [{"attribute": "toxicity", "gte": 0.5}]}, "action": "queue"}
BODY = {"schema": 2, "name": "Ours", "rules": [RULE]}
GOAL = {"attribute": "toxicity", "goal": "maximum recall @ precision >= 0.8"}
ABUSE = "You are a stupid idiot and everybody hates you."


@pytest.fixture
def writer(client_with: Callable[..., APIClient]) -> APIClient:
    """A client that writes and activates policies, and reads."""
    return client_with("policy", "policy_activate", "read")


def is_described(answer: Any, name: str) -> None:
    """Checks that an answer is what the schema in the repository says."""
    path = Path(settings.BASE_DIR) / "docs" / "reference" / "openapi.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    jsonschema.validate(answer, {"$ref": f"#/components/schemas/{name}", "components": document["components"]})


def test_a_version_is_compared_with_any_other_and_else_with_the_active_one(writer: APIClient) -> None:
    writer.post(POLICIES, {"body": BODY})
    writer.post(POLICIES, {"body": {**BODY, "rules": [{**RULE, "action": "hold"}]}})
    found = writer.get(f"{POLICIES}3/diff/", {"against": "2"}).json()
    changed = {"kind": "changed", "part": "rule r action", "before": "queue", "after": "hold"}
    assert found == {"version": 3, "against": 2, "changes": [changed]}
    is_described(found, "Diff")
    by_default = writer.get(f"{POLICIES}3/diff/").json()
    assert (by_default["against"], by_default["changes"][0]["part"]) == (1, "schema")
    is_described(by_default, "Diff")


def test_the_active_version_is_compared_with_the_one_before_and_the_first_with_none(writer: APIClient) -> None:
    assert writer.get(f"{POLICIES}1/diff/").json() == {"version": 1, "against": None, "changes": []}
    writer.post(POLICIES, {"body": BODY})
    assert writer.post(f"{POLICIES}2/activate/").status_code == 200
    assert writer.get(f"{POLICIES}2/diff/").json()["against"] == 1


@pytest.mark.parametrize("against", ["9", "-1", "x", "", "²", "9" * 40])
def test_a_version_to_compare_with_that_there_is_not_is_refused_by_its_name(writer: APIClient, against: str) -> None:
    refused = writer.get(f"{POLICIES}1/diff/", {"against": against})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/against")
    assert writer.get(f"{POLICIES}9/diff/").status_code == 404


def test_each_rule_says_whether_it_leaves_its_own_history(writer: APIClient, scored: Callable[..., Any]) -> None:
    writer.post(POLICIES, {"body": BODY})
    writer.post(f"{POLICIES}2/activate/")
    scored(ABUSE)
    alarms = writer.get(f"{POLICIES}2/alarms/").json()
    is_described(alarms, "Alarms")
    (rule,) = alarms["rules"]
    # A day of its own is no history yet.
    assert (rule["rule"], rule["alarm"], rule["low"], rule["high"]) == ("r", "not_enough", None, None)
    assert writer.get(f"{POLICIES}9/alarms/").status_code == 404


def test_goals_are_resolved_anew_as_a_draft_that_waits_for_a_person(
    writer: APIClient, decided_archive: Callable[[int], None]
) -> None:
    decided_archive(700)
    body = {**BODY, "rules": [{**RULE, "when": {"any": [{**GOAL, "gte": 0.2}]}}]}
    version = policy_create(body=body, actor=None).version.version
    answer = writer.post(f"{POLICIES}{version}/resolve/")
    assert answer.status_code == 201
    found = answer.json()
    is_described(found, "Resolved")
    draft = PolicyVersion.objects.get(version=version + 1)
    (goal,) = found["goals"]
    assert (found["version"], found["draft"]["version"], draft.status) == (version, draft.version, "draft")
    assert (goal["pointer"], goal["threshold"]) == ("/rules/0/when/any/0", found["draft"]["goals"][0]["threshold"])
    assert 0.63 < goal["threshold"] <= 0.8
    assert PolicyVersion.objects.get(active=True).version not in {version, draft.version}
    again = writer.post(f"{POLICIES}{draft.version}/resolve/")
    assert (again.status_code, again.json()["draft"]) == (200, None)
    is_described(again.json(), "Resolved")


def test_what_the_decisions_do_not_support_is_refused_at_its_goal(
    writer: APIClient, decided_archive: Callable[[int], None]
) -> None:
    decided_archive(60)
    body = {**BODY, "rules": [{**RULE, "when": {"any": [GOAL]}}]}
    version = policy_create(body=body, actor=None).version.version
    refused = writer.post(f"{POLICIES}{version}/resolve/")
    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/body/rules/0/when/any/0/goal", "unsupported_goal")
    assert PolicyVersion.objects.latest("version").version == version


def test_a_key_that_may_not_write_or_is_limited_to_sources_resolves_nothing(
    client_with: Callable[..., APIClient], source: Source
) -> None:
    assert client_with("policy_activate", "read").post(f"{POLICIES}1/resolve/").status_code == 403
    _key, secret = api_key_create(name="limited", scopes=["policy"], sources=[source])
    limited = APIClient()
    limited.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    refused = limited.post(f"{POLICIES}1/resolve/")
    assert (refused.status_code, "limited to some" in refused.json()["detail"]) == (403, True)
    assert PolicyVersion.objects.count() == 1
