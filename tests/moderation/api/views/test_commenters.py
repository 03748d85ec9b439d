"""Commenters, reasons, the map of the API, articles by address, and decisions by who made them and for whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone
from rest_framework.test import APIClient

from archive.models import Article, Comment, Commenter, Source
from moderation.models import Decision, LookUp, Moderator, Reason
from tests.moderation.api.requests.test_access import ENDPOINTS, handlers

COMMENTERS = "/api/v1/commenters/"


@pytest.fixture
def ada(db: None) -> User:
    """A moderator."""
    person = User.objects.create_user("ada")
    person.groups.add(Group.objects.get(name="moderator"))
    return person


def test_commenters_are_found_by_source_id_and_name(api: APIClient, commenter: Commenter) -> None:
    other = Commenter.objects.create(source=Source.objects.create(slug="other", name="O"), external_id="7", name="Bo")
    listed = api.get(COMMENTERS).json()["results"]
    assert [row["id"] for row in listed] == [commenter.pk, other.pk]
    assert listed[0] == {
        "id": commenter.pk, "source": "harbor-times", "external_id": "name:ada", "name": "Ada", "muted": False,
        "muted_until": None,
    }  # fmt: skip
    for query in ("source=other", "external_id=7", "name=Bo"):
        assert [row["id"] for row in api.get(f"{COMMENTERS}?{query}").json()["results"]] == [other.pk]


def test_a_commenter_has_a_record_and_who_looked_is_noted(
    api: APIClient, scored: Callable[..., Comment], commenter: Commenter
) -> None:
    api.post(f"/api/v1/comments/{scored('A calm remark about it.').pk}/decisions/", {"action": "reject"})
    until = timezone.now() + timedelta(days=1)
    api.post(f"{COMMENTERS}{commenter.pk}/mute/", {"reason": "spam", "until": until.isoformat()})
    body = api.get(f"{COMMENTERS}{commenter.pk}/").json()
    assert body["record"] == {"comments": 1, "approved": 0, "rejected": 1, "pending": 0}
    assert body["muted"] is True
    assert body["muted_until"] == until.isoformat().replace("+00:00", "Z")
    assert LookUp.objects.filter(commenter=commenter).exists()


def test_a_list_of_commenters_costs_no_query_per_row(
    api: APIClient, source: Source, django_assert_max_num_queries: Any
) -> None:
    Commenter.objects.bulk_create(Commenter(source=source, external_id=str(at), name=str(at)) for at in range(60))
    api.get(COMMENTERS)
    with django_assert_max_num_queries(3):
        assert len(api.get(COMMENTERS).json()["results"]) == 50


def test_the_reasons_are_those_that_a_decision_takes(api: APIClient, scored: Callable[..., Comment]) -> None:
    listed = api.get("/api/v1/reasons/").json()["results"]
    assert [row["code"] for row in listed] == list(Reason.objects.values_list("code", flat=True))
    comment = scored("A calm remark about it.")
    body = {"action": "reject", "reason": listed[-1]["code"]}
    assert api.post(f"/api/v1/comments/{comment.pk}/decisions/", body).json()["ground"] == listed[-1]["ground"]


def test_the_map_names_every_endpoint_with_its_methods(api: APIClient) -> None:
    found = {row["url"]: row for row in api.get("/api/v1/").json()["endpoints"]}
    assert len(found) == len(ENDPOINTS)
    one = found["http://testserver/api/v1/comments/{id}/"]
    assert (set(one["methods"]), one["about"]) == ({"GET", "PATCH", "DELETE"}, "One comment.")
    assert [url for url, row in found.items() if not row["about"]] == []
    declared = sorted(sorted(handlers(view)) for _, view in ENDPOINTS)
    assert sorted(sorted(row["methods"]) for row in found.values()) == declared


@pytest.mark.parametrize(
    "asked",
    [
        "https://news.example/road?id=7",
        "http://www.news.example/road/?id=7",
        "https://news.example/road?id=7&utm_source=mail#comments",
    ],
)
def test_an_article_is_found_by_its_address_however_that_is_written(
    api: APIClient, article: Article, asked: str
) -> None:
    Article.objects.filter(pk=article.pk).update(url="https://www.news.example/road?id=7")
    assert [row["id"] for row in api.get("/api/v1/articles/", {"url": asked}).json()["results"]] == [article.pk]
    for other in ("https://news.example/road?id=8", "https://news.example/", "nonsense", "https://["):
        assert api.get("/api/v1/articles/", {"url": other}).json()["results"] == []


def decided(api: APIClient, comment: Comment, **fields: Any) -> Any:
    return api.post(f"/api/v1/comments/{comment.pk}/decisions/", {"action": "approve", **fields})


def test_a_keys_own_decision_is_not_a_persons_and_it_may_undo_it(
    api: APIClient, scored: Callable[..., Comment]
) -> None:
    comment = scored("A calm remark about it.")
    row = decided(api, comment).json()
    assert (row["kind"], row["actor"], row["api_key"]) == ("system", None, "key 1")
    assert api.get(f"/api/v1/comments/{comment.pk}/").json()["decided_by"] == "person"
    undo = api.post(f"/api/v1/decisions/{row['id']}/undo/")
    assert (undo.status_code, undo.json()["kind"], undo.json()["to_state"]) == (201, "undo", "passed")


def test_a_key_that_acts_for_somebody_decides_and_mutes_in_their_name(
    api: APIClient, scored: Callable[..., Comment], ada: User
) -> None:
    comment = scored("A calm remark about it.")
    row = decided(api, comment, on_behalf_of="ada").json()
    assert (row["kind"], row["actor"], row["api_key"]) == ("person", "ada", "key 1")
    mute = f"{COMMENTERS}{comment.commenter_id}/mute/"
    muted = api.post(mute, {"reason": "spam", "on_behalf_of": "ada"}).json()
    assert (muted["kind"], muted["actor"], muted["api_key"]) == ("person", "ada", "key 1")
    ended = api.delete(mute).json()
    assert (ended["kind"], ended["actor"], ended["api_key"]) == ("system", None, "key 1")


def test_a_key_undoes_in_the_name_of_somebody_what_they_may_undo(
    api: APIClient, scored: Callable[..., Comment], ada: User
) -> None:
    comment = scored("A calm remark about it.")
    undo = f"/api/v1/decisions/{decided(api, comment, on_behalf_of='ada').json()['id']}/undo/"
    ben = User.objects.create_user("ben")
    ben.groups.add(Group.objects.get(name="moderator"))
    for fields, status in (({"on_behalf_of": "ben"}, 403), ({"on_behalf_of": "nobody"}, 400)):
        assert api.post(undo, fields).status_code == status
    done = api.post(undo, {"on_behalf_of": "ada"})
    assert (done.status_code, done.json()["kind"]) == (201, "undo")
    assert (done.json()["actor"], done.json()["api_key"]) == ("ada", "key 1")
    own = f"/api/v1/decisions/{decided(api, comment).json()['id']}/undo/"
    ben.groups.add(Group.objects.get(name="senior"))
    assert api.post(own, {"on_behalf_of": "ben"}).json()["actor"] == "ben"


def test_a_key_acts_for_nobody_who_could_not_do_it_themselves(
    api: APIClient, scored: Callable[..., Comment], ada: User, signed_in: Callable[..., APIClient]
) -> None:
    comment = scored("A calm remark about it.")
    elsewhere = Source.objects.create(slug="elsewhere", name="E")
    User.objects.create_user("viewer").groups.add(Group.objects.get(name="viewer"))
    gone = User.objects.create_user("gone", is_active=False)
    away = User.objects.create_user("away")
    for person in (gone, away):
        person.groups.add(Group.objects.get(name="moderator"))
    Moderator.objects.create(user=away).sources.add(elsewhere)
    said = set()
    for name in ("viewer", "gone", "away", "nobody", "key:key 1"):
        response = decided(api, comment, on_behalf_of=name)
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, "/on_behalf_of")
        said.add(response.json()["detail"])
    assert len(said) == 1
    response = decided(signed_in("moderator"), comment, on_behalf_of="ada")
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, "/on_behalf_of")
    assert not Decision.objects.exists()


@pytest.mark.parametrize("small", [0, 1_000])
def test_the_ledger_is_filtered_by_source_actor_kind_action_and_time(
    api: APIClient, scored: Callable[..., Comment], ada: User, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr("moderation.models.decision.SMALL", small)
    comment = scored("A calm remark about it.")
    decided(api, comment, on_behalf_of="ada")
    decided(api, comment, action="reject")
    api.post(f"{COMMENTERS}{comment.commenter_id}/mute/", {"reason": "spam"})
    begin, end = timezone.now() - timedelta(hours=1), timezone.now() + timedelta(hours=1)
    moments = [moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (begin, end)]
    approved, rejected, muted = Decision.objects.values_list("pk", flat=True)
    for query, expected in {
        "source=harbor-times": [approved, rejected, muted],
        "source=elsewhere": [],
        "actor=ada": [approved],
        "api_key=key 1": [approved, rejected, muted],
        "kind=person": [approved],
        "kind=system&kind=policy": [rejected, muted],
        "action=approve,mute": [approved, muted],
        f"from={moments[0]}": [approved, rejected, muted],
        f"from={moments[1]}": [],
        f"to={moments[0]}": [],
        f"from={moments[0]}&to={moments[1]}&kind=system&after={rejected}": [muted],
    }.items():
        assert [row["id"] for row in api.get(f"/api/v1/decisions/?{query}").json()["results"]] == expected, query
    refused = api.get("/api/v1/decisions/?kind=nobody&from=soon").json()["errors"]
    assert {one["pointer"] for one in refused} == {"/kind", "/from"}
