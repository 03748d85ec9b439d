"""The API's description: right, whole, the same as the file that is reviewed, and shown under a strict CSP."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from rest_framework.test import APIClient

SNAPSHOT = Path(settings.BASE_DIR) / "docs" / "reference" / "openapi.yaml"


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The document as the code gives it; a warning fails."""
    path = tmp_path_factory.mktemp("schema") / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(path))
    return path.read_text(encoding="utf-8")


def test_the_file_in_the_repository_is_the_schema_of_the_code(generated: str) -> None:
    hint = "run: manage.py spectacular --validate --fail-on-warn --file docs/reference/openapi.yaml"
    assert SNAPSHOT.read_text(encoding="utf-8") == generated, hint


def test_request_bodies_refuse_unknown_fields_in_the_schema_too(generated: str) -> None:
    schemas = yaml.safe_load(generated)["components"]["schemas"]
    requests = [name for name in schemas if name.endswith("Request")]
    assert len(requests) > 8
    objects = [name for name in requests if schemas[name].get("type") == "object"]
    assert [name for name in objects if schemas[name].get("additionalProperties") is not False] == []


def test_every_operation_says_that_it_can_refuse(generated: str) -> None:
    for path, operations in yaml.safe_load(generated)["paths"].items():
        for method, operation in operations.items():
            assert {"4XX", "5XX"} <= set(operation["responses"]), (path, method)


def test_the_schema_is_served_as_yaml_and_as_json(api: APIClient, generated: str) -> None:
    response = api.get("/api/v1/schema/")
    assert response["Content-Type"].startswith("application/vnd.oai.openapi")
    assert yaml.safe_load(response.content) == yaml.safe_load(generated)
    assert api.get("/api/v1/schema/", headers={"Accept": "application/json"}).json()["openapi"] == "3.1.0"


def test_answers_are_what_the_schema_says(api: APIClient, generated: str, scored: Callable[..., Any]) -> None:
    document = yaml.safe_load(generated)
    comment = scored("You are a stupid idiot and everybody hates you.")
    api.post(f"/api/v1/comments/{comment.pk}/decisions/", {"action": "approve", "note": "seen"})
    reply = {"source": "harbor-times", "external_id": "n", "article": {"external_id": "a1"}, "text": "Hi."}
    answers = {
        "PaginatedSourceList": api.get("/api/v1/sources/"),
        "PaginatedArticleList": api.get("/api/v1/articles/"),
        "ArticleDetail": api.get(f"/api/v1/articles/{comment.article_id}/"),
        "Thread": api.get(f"/api/v1/articles/{comment.article_id}/thread/"),
        "PaginatedCommentList": api.get("/api/v1/comments/"),
        "Comment": api.get(f"/api/v1/comments/{comment.pk}/"),
        "CommentsStored": api.post("/api/v1/comments/", reply),
        "PaginatedDecisionList": api.get("/api/v1/decisions/"),
        "Analyze": api.post("/api/v1/analyze/", {"texts": ["You idiot", "!!!"], "spans": True}),
        "PaginatedModelList": api.get("/api/v1/models/"),
        "PaginatedPolicyList": api.get("/api/v1/policies/"),
        "Problem": api.post("/api/v1/comments/", {}),
    }
    for name, response in answers.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema.validate(response.json(), schema, cls=jsonschema.Draft202012Validator)


def directives(response: Any) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";")]
    return {name: value for name, _, value in parts}


def test_the_page_runs_no_inline_script_and_only_its_own_style(api: APIClient) -> None:
    response = api.get("/api/v1/docs/", headers={"Accept": "text/html"})
    assert response.status_code == 200
    html = response.content.decode()
    policy = directives(response)
    assert "unsafe" not in response["Content-Security-Policy"]
    assert policy["default-src"] == "'self'"
    assert "script-src" not in policy
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL)
    assert scripts
    assert all('src="/' in attributes and not body.strip() for attributes, body in scripts)
    assert not re.search(r"\son\w+=|\sstyle=|https?://", html)
    for style in re.findall(r"<style>(.*?)</style>", html, re.DOTALL):
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy["style-src"]


def test_the_pages_script_and_assets_are_served_from_here(api: APIClient) -> None:
    html = api.get("/api/v1/docs/").content.decode()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
    assets = [address.removeprefix("/static/") for address in addresses if address != "/api/v1/docs/?script="]
    assert len(assets) == len(addresses) - 1
    assert [asset for asset in assets if finders.find(asset) is None] == []
    script = api.get("/api/v1/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert b"/api/v1/schema/" in script.content


def test_a_browser_that_is_not_signed_in_is_sent_to_the_login(
    anonymous: APIClient, signed_in: Callable[..., APIClient]
) -> None:
    response = anonymous.get("/api/v1/docs/", headers={"Accept": "text/html,*/*"})
    assert response.status_code == 302
    assert response["Location"] == "/admin/login/?next=/api/v1/docs/"
    assert signed_in("viewer").get("/api/v1/docs/", headers={"Accept": "text/html,*/*"}).status_code == 200
