"""Exporting and erasing people and comments over the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from archive.models import Comment, Commenter, Source
from moderation.api.views import privacy
from moderation.models import Decision, LookUp


def exported(api: APIClient, address: str) -> list[dict[str, Any]]:
    response = api.get(f"/api/v1/{address}export/")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/x-ndjson"
    assert response["Cache-Control"] == "no-store"
    return [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]  # type: ignore[attr-defined]


def test_a_commenter_is_exported_and_then_erased_with_the_confirmation(
    api: APIClient, make_comment: Callable[..., Comment], commenter: Commenter
) -> None:
    comment = make_comment("A word.")
    address = f"commenters/{commenter.pk}/"
    lines = exported(api, address)
    assert LookUp.objects.filter(commenter=commenter).exists()
    receipt = api.post(f"/api/v1/{address}erase/", {"confirmation": lines[-1]["confirmation"]}, format="json")
    assert receipt.status_code == 200
    assert receipt.json()["counts"] == {"commenters": 1, "comments": 1}
    assert receipt.json()["export_sha256"] == lines[-1]["sha256"]
    assert api.get(f"/api/v1/comments/{comment.pk}/").json()["text"] == ""
    assert api.get(f"/api/v1/{address}").json()["name"] == ""
    assert Decision.objects.filter(action="erase").values_list("api_key", flat=True)[0].startswith("key ")
    assert api.post(f"/api/v1/{address}erase/", {"confirmation": "x"}, format="json").status_code == 409


def test_a_wrong_confirmation_erases_nothing(api: APIClient, make_comment: Callable[..., Comment]) -> None:
    comment = make_comment("A word.")
    for address in (f"comments/{comment.pk}/", f"commenters/{comment.commenter_id}/"):
        for body, code in (({"confirmation": "0" * 16}, "wrong_confirmation"), ({}, "required")):
            response = api.post(f"/api/v1/{address}erase/", body, format="json")
            assert response.status_code == 400
            (error,) = response.json()["errors"]
            assert (error["pointer"], error["code"]) == ("/confirmation", code)
    assert Comment.objects.get().text == "A word."


def test_a_comment_is_erased_and_posting_it_again_stores_nothing(api: APIClient, article: Any) -> None:
    who = {"external_id": "u9", "name": "Bo"}
    item = {"source": "harbor-times", "external_id": "e1", "article": {"external_id": "a1"}, "commenter": who}
    (made,) = api.post("/api/v1/comments/", [{**item, "text": "A word."}], format="json").json()
    lines = exported(api, f"comments/{made['id']}/")
    said = {"confirmation": lines[-1]["confirmation"]}
    assert api.post(f"/api/v1/comments/{made['id']}/erase/", said, format="json").status_code == 200
    (again,) = api.post("/api/v1/comments/", [{**item, "text": "A word."}], format="json").json()
    assert (again["id"], again["outcome"], again["text"], again["state"]) == (made["id"], "erased", "", "closed")
    assert api.patch(f"/api/v1/comments/{made['id']}/", {"text": "New."}, format="json").json()["text"] == ""
    assert api.post(f"/api/v1/comments/{made['id']}/restore/", {}, format="json").status_code == 409


def test_what_a_request_has_no_time_for_is_erased_by_the_next(
    api: APIClient, make_comment: Callable[..., Comment], commenter: Commenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make_comment("A word.")
    address = f"commenters/{commenter.pk}/"
    said = {"confirmation": exported(api, address)[-1]["confirmation"]}
    with monkeypatch.context() as patch:
        patch.setattr(privacy, "REQUEST_SECONDS", -1.0)
        first = api.post(f"/api/v1/{address}erase/", said, format="json")
    assert (first.status_code, first.json()["finished_at"], first.json()["counts"]) == (202, None, {})
    make_comment("It came meanwhile: the confirmation is of the beginning.")
    second = api.post(f"/api/v1/{address}erase/", said, format="json")
    assert (second.status_code, second.json()["counts"]["comments"]) == (200, 4)


def test_a_key_of_another_source_finds_nobody_to_erase(
    client_with: Callable[..., APIClient], commenter: Commenter
) -> None:
    other = Source.objects.create(slug="other", name="Other")
    client = client_with("privacy", sources=[other])
    assert client.get(f"/api/v1/commenters/{commenter.pk}/export/").status_code == 404
    said = {"confirmation": "0" * 16}
    assert client.post(f"/api/v1/commenters/{commenter.pk}/erase/", said, format="json").status_code == 404
