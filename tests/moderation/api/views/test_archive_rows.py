"""Sources and articles: made, read, changed."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from archive.models import Article, Source

SOURCES = "/api/v1/sources/"
ARTICLES = "/api/v1/articles/"


def pointers(response: Any) -> list[str]:
    assert response.status_code == 400, response.content
    return [error["pointer"] for error in response.json()["errors"]]


def test_a_source_is_made_read_and_changed(api: APIClient) -> None:
    made = api.post(SOURCES, {"slug": "north-desk", "name": "North Desk", "timezone": "Europe/Oslo"})
    assert made.status_code == 201
    body = made.json()
    assert body == {
        "id": body["id"],
        "slug": "north-desk",
        "name": "North Desk",
        "default_language": "",
        "timezone": "Europe/Oslo",
    }
    changed = api.patch(f"{SOURCES}{body['id']}/", {"name": "Northern Desk", "default_language": "en"}).json()
    assert changed == {**body, "name": "Northern Desk", "default_language": "en"}
    assert api.get(f"{SOURCES}{body['id']}/").json() == changed
    assert api.get(SOURCES).json()["results"] == [changed]


def test_a_slug_that_is_taken_is_a_conflict(api: APIClient, source: Source) -> None:
    assert api.post(SOURCES, {"slug": source.slug, "name": "Other"}).status_code == 409
    assert Source.objects.get().name == "Harbor Times"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"slug": "no slug"}, "/slug"),
        ({"slug": "x" * 101}, "/slug"),
        ({"name": ""}, "/name"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"timezone": "../../etc/passwd"}, "/timezone"),
        ({"default_language": "english please"}, "/default_language"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_a_source_that_is_not_right_is_refused_by_field(api: APIClient, fields: dict[str, str], pointer: str) -> None:
    assert pointers(api.post(SOURCES, {"slug": "s", "name": "S", **fields})) == [pointer]
    assert not Source.objects.exists()


def test_a_sources_slug_stays(api: APIClient, source: Source) -> None:
    assert pointers(api.patch(f"{SOURCES}{source.pk}/", {"slug": "other"})) == ["/slug"]


def test_an_article_is_stored_once_and_takes_what_comes_later(api: APIClient, source: Source) -> None:
    body = {"source": source.slug, "external_id": "n1", "title": "News", "body": "One.\n\nTwo.", "section": "World"}
    first = api.post(ARTICLES, body)
    assert (first.status_code, first.json()["outcome"]) == (201, "created")
    assert first.json()["blocks"] == [{"kind": "paragraph", "text": "One."}, {"kind": "paragraph", "text": "Two."}]
    again = api.post(ARTICLES, body)
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    later = api.post(ARTICLES, {**body, "title": "Other news", "published_at": "2024-05-01T10:00:00+02:00"})
    assert (later.status_code, later.json()["outcome"]) == (200, "edited")
    assert later.json()["title"] == "Other news"
    assert later.json()["published_at"] == "2024-05-01T08:00:00Z"
    assert Article.objects.count() == 1


def test_an_article_in_a_list_has_no_body_and_alone_it_has(api: APIClient, article: Article) -> None:
    (row,) = api.get(ARTICLES, {"source": "harbor-times", "section": "Politics", "external_id": "a1"}).json()["results"]
    assert "body" not in row
    alone = api.get(f"{ARTICLES}{article.pk}/").json()
    assert {name: alone[name] for name in row} == row
    assert set(alone) - set(row) == {"body", "blocks", "furniture"}
    assert api.get(ARTICLES, {"section": "Sport"}).json()["results"] == []


def test_a_change_of_an_article_empties_what_is_given_empty(api: APIClient, article: Article) -> None:
    Article.objects.filter(pk=article.pk).update(byline="Ada", title_derived=True)
    body = {"title": "A new title", "byline": "", "published_at": None, "body": "Only this."}
    changed = api.patch(f"{ARTICLES}{article.pk}/", body).json()
    assert {name: changed[name] for name in body} == body
    assert (changed["title_derived"], changed["section"]) == (False, "Politics")
    assert changed["blocks"] == [{"kind": "paragraph", "text": "Only this."}]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"source": "nobody"}, "/source"),
        ({"external_id": ""}, "/external_id"),
        ({"url": "ftp://example.org/a"}, "/url"),
        ({"url": "not an address"}, "/url"),
        ({"title": "t" * 1001}, "/title"),
        ({"published_at": "2024-05-01"}, "/published_at"),
        ({"language": "??"}, "/language"),
        ({"furniture": []}, "/furniture"),
    ],
)
def test_an_article_that_is_not_right_is_refused_by_field(
    api: APIClient, source: Source, fields: dict[str, Any], pointer: str
) -> None:
    body = {"source": source.slug, "external_id": "n1", **fields}
    assert pointers(api.post(ARTICLES, body)) == [pointer]
    assert not Article.objects.exists()


def test_an_empty_change_changes_nothing(api: APIClient, article: Article, source: Source) -> None:
    before = api.get(f"{ARTICLES}{article.pk}/").json()
    assert api.patch(f"{ARTICLES}{article.pk}/", {}).json() == before
    assert api.patch(f"{SOURCES}{source.pk}/", {}).status_code == 200
