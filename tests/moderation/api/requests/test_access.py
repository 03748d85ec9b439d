"""Every endpoint × method × scope × role, generated from the URL configuration.

RULES is written by hand, so that a rule that is loosened by mistake fails; an endpoint that is missing here, or that
declares no rule for one of its methods, fails too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.middleware.csrf import get_token
from django.urls import URLPattern, URLResolver, get_resolver, path
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from archive.models import Article, Comment, Commenter, Source
from moderation.api import urls
from moderation.api.requests.permissions import ScopeOrPermission
from moderation.models import Appeal, Decision, Scope
from moderation.services.word_lists.entries import Entry
from moderation.services.word_lists.lists import Author, word_list_create

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ROLES = ("", "viewer", "moderator", "senior", "administrator")
VIEWERS = {"viewer", "moderator", "senior", "administrator"}
# (address, method) → the one scope that opens it, and the roles that may.
RULES: dict[tuple[str, str], tuple[str, set[str]]] = {
    ("", "GET"): ("read", VIEWERS),
    ("sources/", "GET"): ("read", VIEWERS),
    ("sources/", "POST"): ("write", {"administrator"}),
    ("sources/<int:id>/", "GET"): ("read", VIEWERS),
    ("sources/<int:id>/", "PATCH"): ("write", {"administrator"}),
    ("articles/", "GET"): ("read", VIEWERS),
    ("articles/", "POST"): ("write", {"administrator"}),
    ("articles/<int:id>/", "GET"): ("read", VIEWERS),
    ("articles/<int:id>/", "PATCH"): ("write", {"administrator"}),
    ("articles/<int:id>/thread/", "GET"): ("read", VIEWERS),
    ("comments/", "GET"): ("read", VIEWERS),
    ("comments/", "POST"): ("write", {"administrator"}),
    ("comments/<int:id>/", "GET"): ("read", VIEWERS),
    ("comments/<int:id>/", "PATCH"): ("write", {"administrator"}),
    ("comments/<int:id>/", "DELETE"): ("write", {"administrator"}),
    ("comments/<int:id>/export/", "GET"): ("privacy", {"administrator"}),
    ("comments/<int:id>/erase/", "POST"): ("privacy", {"administrator"}),
    ("comments/<int:id>/restore/", "POST"): ("write", {"administrator"}),
    ("comments/<int:id>/decisions/", "GET"): ("read", VIEWERS),
    ("comments/<int:id>/decisions/", "POST"): ("moderate", {"moderator", "senior", "administrator"}),
    ("comments/<int:id>/flags/", "POST"): ("write", {"administrator"}),
    ("flagged/", "GET"): ("read", VIEWERS),
    ("decisions/", "GET"): ("read", VIEWERS),
    ("decisions/<int:id>/undo/", "POST"): ("moderate", {"moderator", "senior", "administrator"}),
    ("batches/<uuid:batch>/undo/", "POST"): ("moderate", {"moderator", "senior", "administrator"}),
    ("commenters/", "GET"): ("read", VIEWERS),
    ("commenters/<int:id>/", "GET"): ("read", VIEWERS),
    ("commenters/<int:id>/mute/", "POST"): ("moderate", {"moderator", "senior", "administrator"}),
    ("commenters/<int:id>/mute/", "DELETE"): ("moderate", {"moderator", "senior", "administrator"}),
    ("commenters/<int:id>/export/", "GET"): ("privacy", {"administrator"}),
    ("commenters/<int:id>/erase/", "POST"): ("privacy", {"administrator"}),
    ("appeals/", "GET"): ("read", VIEWERS),
    ("appeals/", "POST"): ("appeal", {"administrator"}),
    ("appeals/<int:id>/", "GET"): ("read", VIEWERS),
    ("analyze/", "POST"): ("analyze", VIEWERS),
    ("models/", "GET"): ("read", VIEWERS),
    ("reasons/", "GET"): ("read", VIEWERS),
    ("policies/", "GET"): ("read", VIEWERS),
    ("policies/", "POST"): ("policy", {"senior", "administrator"}),
    ("policies/simulate/", "POST"): ("moderate", {"moderator", "senior", "administrator"}),
    ("policies/suggest/", "POST"): ("moderate", {"moderator", "senior", "administrator"}),
    ("policies/<int:version>/", "GET"): ("read", VIEWERS),
    ("policies/<int:version>/diff/", "GET"): ("read", VIEWERS),
    ("policies/<int:version>/alarms/", "GET"): ("read", VIEWERS),
    ("policies/<int:version>/resolve/", "POST"): ("policy", {"senior", "administrator"}),
    ("policies/<int:version>/activate/", "POST"): ("policy_activate", {"senior", "administrator"}),
    ("word-lists/", "GET"): ("policy", {"senior", "administrator"}),
    ("word-lists/", "POST"): ("policy", {"senior", "administrator"}),
    ("word-lists/<slug:name>/", "GET"): ("policy", {"senior", "administrator"}),
    ("word-lists/<slug:name>/", "PUT"): ("policy", {"senior", "administrator"}),
    ("word-lists/<slug:name>/entries/", "GET"): ("policy", {"senior", "administrator"}),
    ("policies/<int:version>/shadow/", "GET"): ("read", VIEWERS),
    ("policies/<int:version>/shadow/", "POST"): ("policy_activate", {"senior", "administrator"}),
    ("policies/<int:version>/rollout/", "POST"): ("policy_activate", {"senior", "administrator"}),
    ("policies/<int:version>/retire/", "POST"): ("policy_activate", {"senior", "administrator"}),
    ("policies/<int:version>/revert/", "POST"): ("policy_activate", {"senior", "administrator"}),
    ("policies/<int:version>/hits/", "GET"): ("read", VIEWERS),
    ("statistics/", "GET"): ("statistics", VIEWERS),
    ("statistics/<slug:name>/", "GET"): ("statistics", VIEWERS),
    ("metrics/", "GET"): ("read", VIEWERS),
    ("schema/", "GET"): ("read", VIEWERS),
    ("docs/", "GET"): ("read", VIEWERS),
}


def endpoints(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yields (route, view class) for each pattern, however deep it is included."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from endpoints(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback.cls  # type: ignore[attr-defined]


def handlers(view: Any) -> set[str]:
    """The methods that a view class has a handler for."""
    return {method for method in METHODS if method != "OPTIONS" and hasattr(view, method.lower())}


def unruled(patterns: list[Any]) -> list[str]:
    """Handlers without a rule, and rules without a handler."""
    found = []
    for route, view in endpoints(patterns):
        rules = set(getattr(view, "access", {}))
        found += [f"{method} {route}" for method in sorted(handlers(view) ^ rules)]
        found += [route] if ScopeOrPermission not in view.permission_classes else []
    return found


ENDPOINTS = list(endpoints(urls.urlpatterns))
CALLS = [(route, method) for route, _ in ENDPOINTS for method in METHODS]


BATCH = "0b5a4a0e-9b1c-4c53-9d7e-2f7f2f2f0a01"
# The rule lets the caller in and the service then refuses: whose decision it is, is no matter of scopes and roles.
NOT_OWN = "Another person's decision"


@pytest.fixture
def rows(source: Source, article: Article, make_comment: Callable[..., Comment]) -> dict[str, int]:
    """The ids that stand in the addresses."""
    comment = make_comment()
    columns = {"kind": "person", "action": "approve", "from_state": "pending", "to_state": "approved", "batch": BATCH}
    decision = Decision.objects.create(comment=comment, revision=1, **columns)
    word_list_create(name="slurs", entries=[Entry("blorg")], author=Author())
    ids = {"sources": source.pk, "articles": article.pk, "comments": comment.pk, "policies": 1}
    appeal = Appeal.objects.create(decision=decision, comment=comment, text="Why?")
    return {**ids, "appeals": appeal.pk, "decisions": decision.pk, "commenters": comment.commenter_id or 0}


def is_open(response: Any) -> bool:
    """Says whether the rule let the call through, whatever became of it."""
    if response.status_code == 403:
        return str(response.json()["detail"]).startswith(NOT_OWN)
    return response.status_code not in {401, 404, 405, 500}


def called(client: APIClient, route: str, method: str, rows: dict[str, int]) -> Any:
    address = route.replace("<int:id>", str(rows.get(route.split("/", maxsplit=1)[0], 0)))
    address = address.replace("<int:version>", "1").replace("<uuid:batch>", BATCH)
    address = address.replace("<slug:name>", "volume" if route.startswith("statistics/") else "slurs")
    body = {} if method in {"POST", "PATCH", "PUT"} else None
    return client.generic(method, f"/api/v1/{address}", "{}" if body == {} else "", "application/json")


def test_every_handler_has_a_rule_and_every_rule_a_handler() -> None:
    assert unruled(urls.urlpatterns) == []


def test_every_endpoint_is_in_this_table_and_nothing_else_is() -> None:
    assert {(route, method) for route, view in ENDPOINTS for method in handlers(view)} == set(RULES)


def test_all_of_the_api_is_below_its_prefix() -> None:
    roots = [one for one in get_resolver().url_patterns if str(one.pattern).startswith("api/")]
    assert [str(one.pattern) for one in roots] == ["api/v1/"]


class Forgetful(APIView):
    """An endpoint whose author forgot to write a rule."""

    def get(self, request: Any) -> Response:
        return Response({"secret": True})


def test_a_new_endpoint_without_a_rule_fails_this_test() -> None:
    assert unruled([path("forgetful/", Forgetful.as_view())]) == ["GET forgetful/"]


def test_a_handler_without_a_rule_is_closed_even_to_a_key_with_every_scope(
    rf: Any, api_key: Callable[..., str]
) -> None:
    token = api_key(*Scope.values)
    response = Forgetful.as_view()(rf.get("/", HTTP_AUTHORIZATION=f"Bearer {token}"))
    assert response.status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(("route", "method"), CALLS)
def test_without_a_key_every_call_is_a_401_that_says_how_to_send_one(
    anonymous: APIClient, rows: dict[str, int], route: str, method: str
) -> None:
    response = called(anonymous, route, method, rows)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("route", "method"), CALLS)
def test_a_key_opens_what_its_one_scope_opens_and_nothing_else(
    client_with: Callable[..., APIClient], rows: dict[str, int], route: str, method: str
) -> None:
    rule = RULES.get((route, method))
    for scope in Scope.values:
        response = called(client_with(scope), route, method, rows)
        if rule is None:
            assert response.status_code == 405, scope
        elif scope == rule[0]:
            assert is_open(response), scope
        else:
            assert (response.status_code, is_open(response)) == (403, False), scope


@pytest.mark.parametrize(("route", "method"), CALLS)
def test_a_session_opens_what_its_roles_permissions_open_and_nothing_else(
    signed_in: Callable[..., APIClient], rows: dict[str, int], route: str, method: str
) -> None:
    rule = RULES.get((route, method))
    for role in ROLES:
        response = called(signed_in(*filter(None, [role])), route, method, rows)
        if rule is None:
            assert response.status_code == 405, role
        elif role in rule[1]:
            assert is_open(response), role
        else:
            assert (response.status_code, is_open(response)) == (403, False), role


def test_a_key_with_all_scopes_but_the_right_one_is_refused(
    client_with: Callable[..., APIClient], rows: dict[str, int]
) -> None:
    for (route, method), (scope, _) in RULES.items():
        others = [one for one in Scope.values if one != scope]
        assert called(client_with(*others), route, method, rows).status_code == 403, (route, method)


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Bearer a b", "bearer mod_0123456789", "Bearer sch\xf6n"])
def test_a_key_that_is_none_is_a_401(db: None, header: str) -> None:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=header)
    response = client.get("/api/v1/comments/")
    assert response.status_code == 401
    assert response.json()["type"] == "urn:moderato:problem:not_authenticated"


def test_a_key_in_another_scheme_or_in_the_address_is_no_key(api_key: Callable[..., str]) -> None:
    token = api_key("read")
    client = APIClient(raise_request_exception=False)
    assert client.get("/api/v1/comments/", {"key": token}).status_code == 401
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert client.get("/api/v1/comments/").status_code == 401


def test_a_revoked_key_and_a_deactivated_user_are_401(api_key: Callable[..., str]) -> None:
    from moderation.models import ApiKey
    from moderation.services.accounts.api_keys import api_key_revoke

    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {api_key('read')}")
    assert client.get("/api/v1/comments/").status_code == 200
    key = ApiKey.objects.get()
    key.user.is_active = False
    key.user.save()
    assert client.get("/api/v1/comments/").status_code == 401
    key.user.is_active = True
    key.user.save()
    api_key_revoke(key=key)
    assert client.get("/api/v1/comments/").status_code == 401


def test_a_session_needs_a_csrf_token_to_write_and_none_to_read(signed_in: Callable[..., APIClient]) -> None:
    client = signed_in("administrator", enforce_csrf_checks=True)
    assert client.get("/api/v1/sources/").status_code == 200
    response = client.post("/api/v1/sources/", {"slug": "s", "name": "S"})
    assert response.status_code == 403
    assert "CSRF" in response.json()["detail"]
    assert not Source.objects.exists()


def test_a_session_with_its_csrf_token_writes(signed_in: Callable[..., APIClient]) -> None:
    client = signed_in("administrator", enforce_csrf_checks=True)
    token = get_token(client.get("/api/v1/sources/").wsgi_request)
    client.cookies["csrftoken"] = token
    response = client.post("/api/v1/sources/", {"slug": "s", "name": "S"}, headers={"X-CSRFToken": token})
    assert response.status_code == 201, response.content


def test_a_key_needs_no_csrf_token(api_key: Callable[..., str]) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {api_key('write')}")
    assert client.post("/api/v1/sources/", {"slug": "s", "name": "S"}).status_code == 201


@pytest.fixture
def other(db: None) -> dict[str, Any]:
    """A row of each kind that belongs to another newsroom."""
    source = Source.objects.create(slug="other", name="Other")
    article = Article.objects.create(source=source, external_id="a", title="Other")
    comment = Comment.objects.create(
        source=source, article=article, external_id="c", raw="x", text="x", text_hash="", created_at="2024-01-01T00:00Z"
    )
    columns = {"kind": "person", "action": "approve", "from_state": "pending", "to_state": "approved", "batch": BATCH}
    decision = Decision.objects.create(comment=comment, revision=1, **columns)
    commenter = Commenter.objects.create(source=source, external_id="name:bo", name="Bo")
    appeal = Appeal.objects.create(decision=decision, comment=comment, text="Why?")
    rows = {"source": source, "article": article, "comment": comment, "appeal": appeal}
    return {**rows, "decision": decision, "commenter": commenter}


def limited_clients(
    source: Source, client_with: Callable[..., APIClient], signed_in: Callable[..., APIClient]
) -> list[APIClient]:
    """A key and a moderator, each limited to `source`."""
    return [client_with(*Scope.values, sources=[source]), signed_in("administrator", sources=[source])]


def test_a_row_of_another_source_is_a_404_for_a_limited_key_and_a_limited_moderator(
    source: Source,
    other: dict[str, Any],
    client_with: Callable[..., APIClient],
    signed_in: Callable[..., APIClient],
) -> None:
    addresses = [
        ("GET", f"sources/{other['source'].pk}/"),
        ("PATCH", f"sources/{other['source'].pk}/"),
        ("GET", f"articles/{other['article'].pk}/"),
        ("PATCH", f"articles/{other['article'].pk}/"),
        ("GET", f"articles/{other['article'].pk}/thread/"),
        ("GET", f"comments/{other['comment'].pk}/"),
        ("PATCH", f"comments/{other['comment'].pk}/"),
        ("DELETE", f"comments/{other['comment'].pk}/"),
        ("GET", f"comments/{other['comment'].pk}/decisions/"),
        ("POST", f"comments/{other['comment'].pk}/decisions/"),
        ("POST", f"comments/{other['comment'].pk}/flags/"),
        ("POST", f"comments/{other['comment'].pk}/restore/"),
        ("GET", f"commenters/{other['commenter'].pk}/"),
        ("GET", f"appeals/{other['appeal'].pk}/"),
        ("POST", f"decisions/{other['decision'].pk}/undo/"),
        ("POST", f"batches/{BATCH}/undo/"),
        ("POST", f"commenters/{other['commenter'].pk}/mute/"),
        ("DELETE", f"commenters/{other['commenter'].pk}/mute/"),
    ]
    for client in limited_clients(source, client_with, signed_in):
        for method, address in addresses:
            response = client.generic(method, f"/api/v1/{address}", "{}", "application/json")
            assert response.status_code == 404, (method, address)
    other["comment"].refresh_from_db()
    assert other["comment"].withdrawn_at is None


def test_lists_hold_only_rows_of_the_callers_sources(
    source: Source,
    other: dict[str, Any],
    make_comment: Callable[..., Comment],
    client_with: Callable[..., APIClient],
    signed_in: Callable[..., APIClient],
) -> None:
    own = make_comment()
    for client in limited_clients(source, client_with, signed_in):
        assert [row["id"] for row in client.get("/api/v1/comments/").json()["results"]] == [own.pk]
        assert [row["slug"] for row in client.get("/api/v1/sources/").json()["results"]] == [source.slug]
        assert [row["id"] for row in client.get("/api/v1/articles/").json()["results"]] == [own.article_id]
        assert client.get("/api/v1/decisions/").json()["results"] == []
        assert client.get("/api/v1/appeals/").json()["results"] == []
        assert client.get("/api/v1/decisions/?source=other").json()["results"] == []
        assert client.get("/api/v1/comments/?state=unscored,pending").json()["results"] != []
        assert client.get("/api/v1/comments/?state=unscored&source=other").json()["results"] == []
        assert client.get("/api/v1/comments/?flagged=true&source=other").json()["results"] == []
        assert {row["source"] for row in client.get("/api/v1/commenters/").json()["results"]} == {source.slug}


def test_a_limited_key_stores_nothing_in_another_source_and_makes_none(
    source: Source, other: dict[str, Any], client_with: Callable[..., APIClient]
) -> None:
    client = client_with("write", sources=[source])
    body = {"source": "other", "external_id": "new", "article": {"external_id": "a"}, "text": "Hello."}
    response = client.post("/api/v1/comments/", body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/source"
    assert client.post("/api/v1/articles/", {"source": "other", "external_id": "b"}).status_code == 400
    assert client.post("/api/v1/sources/", {"slug": "mine", "name": "Mine"}).status_code == 403
    assert Comment.objects.count() == 1
