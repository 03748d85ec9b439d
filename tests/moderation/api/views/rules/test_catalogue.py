"""Models and policies, read."""

from __future__ import annotations

from rest_framework.test import APIClient

from moderation.models import ModelVersion, PolicyVersion
from moderation.policies import BUILT_IN_POLICY
from moderation.services.model_versions import model_active, models_active


def test_the_active_model_is_listed_with_what_it_serves(api: APIClient) -> None:
    active = model_active()
    ModelVersion.objects.create(name="older", version=3, sha256="0" * 64, attributes=["toxicity"], languages=["en"])
    rows = api.get("/api/v1/models/").json()["results"]
    assert [(row["label"], row["active"]) for row in rows] == [(str(active), True), ("older@3", False)]
    assert rows[0]["attributes"] == active.attributes
    assert rows[0]["languages"] == active.languages
    assert len(rows[0]["sha256"]) == 64


def test_of_several_active_models_each_is_listed_with_the_languages_that_go_to_it(api: APIClient, second: str) -> None:
    models_active()
    rows = {row["label"]: row for row in api.get("/api/v1/models/").json()["results"]}
    assert rows["compact@6"]["serves"] == ["en"]
    assert rows[second]["serves"] == rows[second]["languages"] == ["tr", "ru", "es", "de"]
    assert rows[second]["experimental_languages"] == ["hi", "hi-Latn", "ko"]


def test_policies_are_listed_newest_first_and_read_by_version(api: APIClient) -> None:
    PolicyVersion.objects.create(version=2, body={"schema": 1, "rules": []}, sha256="0" * 64, note="Tried.")
    rows = api.get("/api/v1/policies/").json()["results"]
    assert [(row["version"], row["active"], row["note"]) for row in rows] == [
        (2, False, "Tried."),
        (1, True, "Built in."),
    ]
    first = api.get("/api/v1/policies/1/").json()
    assert first == rows[1]
    assert first["body"] == BUILT_IN_POLICY
    assert api.get("/api/v1/policies/3/").status_code == 404
