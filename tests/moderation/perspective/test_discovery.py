"""The discovery document."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from moderation.perspective import views

pytestmark = pytest.mark.django_db
ADDRESS = "/$discovery/rest"


def document(client: Any, query: str = "?version=v1alpha1", **headers: str) -> Any:
    response = client.get(f"{ADDRESS}{query}", headers=headers)
    assert response.status_code == 200
    return response.json()


def references(value: Any) -> set[str]:
    """Every `$ref` in a document."""
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(item) for item in value.values()))
    return set().union(*(references(item) for item in value)) if isinstance(value, list) else set()


def test_anyone_may_read_it_and_it_names_this_server(client: Any) -> None:
    found = document(client)
    assert found["rootUrl"] == "http://testserver/"
    assert (found["kind"], found["id"]) == ("discovery#restDescription", "commentanalyzer:v1alpha1")
    assert (found["servicePath"], found["batchPath"], found["version"]) == ("", "batch", "v1alpha1")
    assert set(found["resources"]["comments"]["methods"]) == {"analyze", "suggestscore"}
    assert document(client, "") == document(client, "?version=v1alpha1&key=anything") == found


def test_every_schema_that_it_points_to_is_there(client: Any) -> None:
    found = document(client)
    assert references(found) <= set(found["schemas"])
    assert {"AnalyzeCommentRequest", "AnalyzeCommentResponse"} <= references(found)


def test_behind_a_proxy_the_root_is_the_address_that_the_client_used(client: Any, settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.USE_X_FORWARDED_HOST = True
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    settings.ALLOWED_HOSTS = ["perspective.news.example"]
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "perspective.news.example"}
    assert document(client, **headers)["rootUrl"] == "https://perspective.news.example/"


@pytest.mark.parametrize("query", ["?version=v1", "?version="])
def test_another_version_is_not_found(client: Any, query: str) -> None:
    response = client.get(f"{ADDRESS}{query}")
    assert (response.status_code, response.json()["error"]["status"]) == (404, "NOT_FOUND")


def test_only_reading_is_possible(client: Any) -> None:
    assert client.post(ADDRESS).status_code == 404
    assert client.head(f"{ADDRESS}?version=v1alpha1").status_code == 200


def test_it_says_which_languages_are_served_by_which_model(client: Any, second: str) -> None:
    told = "Languages: en by compact@6; tr, ru, es, de by second@1."
    assert document(client)["description"].endswith(told)


def test_it_is_there_without_a_database(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError("could not connect: secret host")

    monkeypatch.setattr(views, "request_queue_active", gone)
    assert document(client)["description"] == "Scores comments for toxicity and kindred attributes."
