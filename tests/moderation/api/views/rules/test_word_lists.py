"""Word lists by the API: created, replaced and read; what is wrong is named by pointer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

from archive.models import Source
from moderation.models import WordListEntry, WordListVersion
from moderation.services.word_lists.entries import MAX_ENTRIES

HOME = "/api/v1/word-lists/"
ENTRIES = [{"term": "blorg", "note": "made up"}, {"term": "idiot", "language": "en", "match": "stem"}, "ok then"]


def test_a_list_is_created_replaced_and_read(api: APIClient) -> None:
    created = api.post(HOME, {"name": "slurs", "entries": ENTRIES, "note": "first"}, format="json")
    assert created.status_code == 201
    assert {"name": "slurs", "version": 1, "entries": 3, "added": 3, "removed": 0, "note": "first"}.items() <= (
        created.json().items()
    )
    replaced = api.put(f"{HOME}slurs/", {"entries": ENTRIES[:1]}, format="json").json()
    assert (replaced["version"], replaced["entries"], replaced["removed"]) == (2, 1, 2)
    assert [(one["name"], one["version"]) for one in api.get(HOME).json()["results"]] == [("slurs", 2)]
    assert api.get(f"{HOME}slurs/").json()["lacking"] == 0
    assert [(one["term"], one["note"]) for one in api.get(f"{HOME}slurs/entries/").json()["results"]] == [
        ("blorg", "made up")
    ]
    assert {row.who for row in WordListEntry.objects.all()} == {WordListVersion.objects.first().api_key}  # type: ignore[union-attr]


def test_bad_entries_are_named_and_nothing_is_stored(api: APIClient) -> None:
    answer = api.post(HOME, {"name": "slurs", "entries": [*ENTRIES, {"term": "!"}, {"trem": "x"}]}, format="json")
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/entries/3/term",
        "/entries/4/trem",
        "/entries/4/term",
    ]
    assert not WordListVersion.objects.exists()


def test_what_is_there_conflicts_and_what_is_not_there_is_not_found(api: APIClient) -> None:
    body = {"name": "slurs", "entries": ENTRIES}
    api.post(HOME, body, format="json")
    assert api.post(HOME, body, format="json").status_code == 409
    assert api.put(f"{HOME}other/", {"entries": []}, format="json").status_code == 404
    assert api.get(f"{HOME}other/entries/").status_code == 404
    assert api.post(HOME, {"name": "x", "entries": "blorg"}, format="json").status_code == 400


def test_a_file_replaces_the_entries_as_the_command_does(api: APIClient) -> None:
    api.post(HOME, {"name": "slurs", "entries": []}, format="json")
    csv = 'term,language,match,allow,note\nblorg,,,,"made up, really"\nidiot,en,stem,,\nblorgia,,,yes,\n'
    answer = api.generic("PUT", f"{HOME}slurs/?note=moved", csv, content_type="text/csv; charset=utf-8")
    assert (answer.status_code, answer.json()["entries"], answer.json()["note"]) == (200, 3, "moved")
    rows = WordListEntry.objects.order_by("pk").values_list("term", "language", "match", "allow", "note")
    assert list(rows) == [
        ("blorg", "", "word", False, "made up, really"),
        ("idiot", "en", "stem", False, ""),
        ("blorgia", "", "word", True, ""),
    ]
    plain = api.generic("PUT", f"{HOME}slurs/", "blorg  # a comment\n\nzorg blorg\n", content_type="text/plain")
    assert (plain.json()["version"], plain.json()["entries"]) == (3, 2)


def test_bad_rows_of_a_file_are_named_and_nothing_is_stored(api: APIClient) -> None:
    api.post(HOME, {"name": "slurs", "entries": ENTRIES}, format="json")
    answer = api.generic("PUT", f"{HOME}slurs/", "fine\n!\nfine\n", content_type="text/plain")
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/2", "/3"]
    assert "Row 2: A term has a letter or a digit." in answer.json()["detail"]
    assert api.generic("PUT", f"{HOME}slurs/", b"\xff", content_type="text/plain").status_code == 400
    assert api.generic("PUT", f"{HOME}slurs/", "word\n", content_type="text/csv").status_code == 400
    assert api.generic("PUT", f"{HOME}slurs/", "x", content_type="text/html").status_code == 415
    assert api.generic("POST", HOME, "x", content_type="text/plain").status_code == 415
    assert WordListVersion.objects.count() == 1


def test_a_file_takes_as_many_entries_as_a_list_has_and_no_more(api: APIClient, settings: Any) -> None:
    api.post(HOME, {"name": "slurs", "entries": []}, format="json")
    terms = "".join(f"blorg{at}\n" for at in range(MAX_ENTRIES))
    answer = api.generic("PUT", f"{HOME}slurs/", terms, content_type="text/plain")
    assert (answer.status_code, answer.json()["entries"]) == (200, MAX_ENTRIES)
    refused = api.generic("PUT", f"{HOME}slurs/", terms + "one more\n", content_type="text/plain")
    assert (refused.status_code, refused.json()["errors"][0]["limit"]) == (400, MAX_ENTRIES)
    settings.MODERATION_MAX_BODY_BYTES = 1_000
    assert api.generic("PUT", f"{HOME}slurs/", terms, content_type="text/plain").status_code == 413


def test_callers_limited_to_sources_read_lists_and_change_none(
    api: APIClient, client_with: Callable[..., APIClient], signed_in: Callable[..., APIClient], source: Source
) -> None:
    api.post(HOME, {"name": "slurs", "entries": ENTRIES}, format="json")
    person = signed_in("senior", sources=[source])
    assert person.get(f"{HOME}slurs/").status_code == 200
    assert person.put(f"{HOME}slurs/", {"entries": []}, format="json").status_code == 403
    assert Group.objects.filter(user__in=User.objects.all()).exists()
