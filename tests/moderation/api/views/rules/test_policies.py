"""Policies by the API: written, refused by pointer, activated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import yaml
from django.conf import settings
from rest_framework.test import APIClient

from moderation.models import PolicyVersion

pytestmark = pytest.mark.django_db
POLICIES = "/api/v1/policies/"
RULE = {"id": "r", "when": {"any": [{"attribute": "toxicity", "gte": 0.5}]}, "action": "queue"}
BODY = {"schema": 2, "name": "Ours", "rules": [RULE]}


@pytest.fixture
def writer(client_with: Callable[..., APIClient]) -> APIClient:
    """A key that writes and activates, and lets no rule act by itself."""
    return client_with("policy", "policy_activate", "read")


def test_a_policy_is_written_read_and_activated(writer: APIClient) -> None:
    section = {"id": "s", "when": {"any": [{"section": ["Nowhere"]}]}, "action": "hold"}
    response = writer.post(POLICIES, {"body": {**BODY, "rules": [RULE, section]}, "note": "Tried."})
    assert response.status_code == 201
    written = response.json()
    assert (written["version"], written["status"], written["note"]) == (2, "draft", "Tried.")
    assert [(one["code"], one["pointer"]) for one in written["warnings"]] == [
        ("unknown_section", "/rules/1/when/any/0/section")
    ]
    assert written["author"].startswith("key:")
    assert writer.post(POLICIES, {"body": written["body"]}).status_code == 200
    active = writer.post(f"{POLICIES}2/activate/")
    assert (active.status_code, active.json()["status"]) == (200, "active")
    assert {**writer.get(f"{POLICIES}2/").json(), "lacking": {"texts": 0, "lists": {}}} == active.json()
    assert writer.post(f"{POLICIES}2/activate/").status_code == 409
    assert writer.post(f"{POLICIES}9/activate/").status_code == 404
    text = (settings.BASE_DIR / "docs/reference/openapi.yaml").read_text(encoding="utf-8")
    document = yaml.load(text, Loader=yaml.CSafeLoader)
    schema = {"$ref": "#/components/schemas/PolicySaved", "components": document["components"]}
    jsonschema.validate(written, schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({}, "/body"),
        ({"body": []}, "/body"),
        ({"body": BODY, "active": True}, "/active"),
        ({"body": BODY, "note": "n" * 501}, "/note"),
        ({"body": {**BODY, "extra": 1}}, "/body/extra"),
        ({"body": {**BODY, "rules": [{**RULE, "action": "delete"}]}}, "/body/rules/0/action"),
        ({"body": {**BODY, "rules": [{**RULE, "scope": {"source": "no"}}]}}, "/body/rules/0/scope/source"),
    ],
)
def test_what_is_wrong_is_a_problem_with_its_pointer(writer: APIClient, sent: dict[str, Any], pointer: str) -> None:
    response = writer.post(POLICIES, sent)
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert [one["pointer"] for one in response.json()["errors"]] == [pointer]
    assert PolicyVersion.objects.count() == 1


def test_activation_names_the_test_that_fails_and_the_rule_that_may_not_act(writer: APIClient) -> None:
    tests = [{"scores": {"toxicity": 0.9}, "expect": "pass"}]
    writer.post(POLICIES, {"body": {**BODY, "tests": tests}})
    failed = writer.post(f"{POLICIES}2/activate/")
    assert (failed.status_code, failed.json()["errors"][0]["pointer"]) == (400, "/body/tests/0/expect")
    writer.post(POLICIES, {"body": {**BODY, "rules": [{**RULE, "action": "reject"}]}})
    refused = writer.post(f"{POLICIES}3/activate/")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (403, "/body/rules/0/action")
    assert PolicyVersion.objects.get(active=True).version == 1


def test_a_policy_by_the_api_is_no_longer_than_a_file(writer: APIClient) -> None:
    tests = [{"text": "é" * 20_000, "expect": "pass"} for _ in range(27)]
    response = writer.post(POLICIES, {"body": {**BODY, "tests": tests}})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, "/body")
    assert "1,048,576 bytes" in response.json()["errors"][0]["detail"]
