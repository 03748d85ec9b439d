"""One form for every error, wherever it happens, and nothing of the inside in it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, OperationalError
from django.http import UnreadablePostError
from rest_framework.test import APIClient

from moderation.api.responses import problems
from moderation.services.errors import FieldError, ServiceError

FIELDS = {"type", "title", "status", "detail", "instance"}


def is_problem(response: Any, code: str, status: int) -> dict[str, Any]:
    """Asserts the form of a problem and returns it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert set(body) - {"errors"} == FIELDS
    assert (body["type"], body["status"]) == (f"urn:moderato:problem:{code}", status)
    assert body["title"]
    assert body["detail"]
    return body


def test_an_unknown_address_below_api_is_a_problem_even_without_a_key(anonymous: APIClient) -> None:
    for address in ("/api/v1/nothing/", "/api/", "/api/v2/comments/"):
        assert is_problem(anonymous.get(address), "not_found", 404)["instance"] == address


def test_an_unknown_address_elsewhere_is_a_page(anonymous: APIClient) -> None:
    response = anonymous.get("/nothing/")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_without_its_last_slash_is_not_redirected_but_told(api: APIClient, method: str) -> None:
    body = is_problem(api.generic(method, "/api/v1/comments"), "not_found", 404)
    assert "slash" in body["detail"]


def test_a_row_that_is_not_there_is_a_problem(api: APIClient) -> None:
    for address in ("comments/1/", "articles/1/", "articles/1/thread/", f"comments/{2**70}/", "policies/99/"):
        is_problem(api.get(f"/api/v1/{address}"), "not_found", 404)


def test_a_method_that_is_not_there_names_those_that_are(api: APIClient) -> None:
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE", "FOO"):
        response = api.generic(method, "/api/v1/comments/")
        is_problem(response, "method_not_allowed", 405)
        assert response["Allow"] == "GET, HEAD, POST"


def test_a_representation_that_is_not_there_is_a_406(api: APIClient) -> None:
    is_problem(api.get("/api/v1/comments/", headers={"Accept": "text/csv"}), "not_acceptable", 406)


def test_the_instance_of_a_problem_has_no_query_string(api: APIClient) -> None:
    body = is_problem(api.get("/api/v1/comments/?secret=1"), "validation_error", 400)
    assert body["instance"] == "/api/v1/comments/"


def test_unknown_query_parameters_are_refused_by_name_with_those_there_are(api: APIClient) -> None:
    body = is_problem(api.get("/api/v1/comments/?page=2&limit=3"), "validation_error", 400)
    (error,) = body["errors"]
    assert (error["pointer"], error["code"]) == ("/page", "unknown_parameter")
    assert "limit" in error["detail"]


@pytest.mark.parametrize("address", ["comments/1/", "decisions/", "analyze/", "comments/", "models/", "schema/"])
def test_every_endpoint_refuses_unknown_query_parameters(api: APIClient, address: str) -> None:
    method = "POST" if address == "analyze/" else "GET"
    is_problem(api.generic(method, f"/api/v1/{address}?nope=1", "{}", "application/json"), "validation_error", 400)


def test_a_query_parameter_that_is_given_twice_is_refused(api: APIClient) -> None:
    body = is_problem(api.get("/api/v1/comments/?limit=3&limit=4"), "validation_error", 400)
    assert body["errors"][0]["code"] == "repeated_parameter"


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("sources/", {"slug": "no slug", "name": ""}),
        ("comments/1/decisions/", {"action": "nothing", "until": "x"}),
        ("analyze/", {"texts": ["a"] * 101}),
        ("analyze/", {"text": 7, "language": "e n"}),
    ],
)
def test_an_answer_is_in_one_language_whatever_the_caller_prefers(
    api: APIClient, address: str, body: dict[str, Any]
) -> None:
    plain = api.post(f"/api/v1/{address}", body)
    turkish = api.post(f"/api/v1/{address}", body, headers={"Accept-Language": "tr"})
    assert (turkish.status_code, turkish.json(), turkish["Content-Language"]) == (plain.status_code, plain.json(), "en")


def test_a_list_that_is_too_long_is_told_in_items_not_in_characters(api: APIClient) -> None:
    body = is_problem(api.post("/api/v1/analyze/", {"texts": ["a"] * 101}), "validation_error", 400)
    assert body["errors"][0]["detail"] == "A list holds at most 100 items here."
    assert "character" not in body["detail"]


def test_paging_parameters_are_unknown_where_something_is_written(api: APIClient) -> None:
    is_problem(api.post("/api/v1/comments/?limit=3", {}), "validation_error", 400)


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(**_: Any) -> None:
        raise error

    monkeypatch.setattr("moderation.api.views.sources.source_create", fail)


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (RuntimeError("inside"), "internal_error", 500),
        (DatabaseError("inside"), "internal_error", 500),
        (OperationalError("inside"), "unavailable", 503),
        (KeyError("inside"), "internal_error", 500),
        (RequestDataTooBig("inside"), "too_large", 413),
        (SuspiciousOperation("inside"), "parse_error", 400),
        (UnreadablePostError("inside"), "parse_error", 400),
        (PermissionError("inside"), "internal_error", 500),
    ],
)
def test_what_a_service_lets_through_becomes_a_problem_that_tells_nothing(
    api: APIClient, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, status: int
) -> None:
    failing(monkeypatch, error)
    body = is_problem(api.post("/api/v1/sources/", {"slug": "s", "name": "S"}), code, status)
    assert "inside" not in str(body)


def test_a_services_refusal_keeps_its_code_pointers_and_limits(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    errors = (FieldError("/a", "bad", "It is bad.", 7), FieldError("/b", "worse", "It is worse."))
    failing(monkeypatch, ServiceError("conflict", "No.", errors))
    body = is_problem(api.post("/api/v1/sources/", {"slug": "s", "name": "S"}), "conflict", 409)
    assert body["detail"] == "No."
    assert body["errors"] == [
        {"pointer": "/a", "code": "bad", "detail": "It is bad.", "limit": 7},
        {"pointer": "/b", "code": "worse", "detail": "It is worse."},
    ]


def test_a_refusal_that_is_worth_a_retry_says_when(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, ServiceError("overloaded", "Busy.", retryable=True))
    response = api.post("/api/v1/sources/", {"slug": "s", "name": "S"})
    is_problem(response, "overloaded", 429)
    assert int(response["Retry-After"]) >= 1


def test_what_fails_outside_a_view_is_a_problem_below_api(
    anonymous: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr("django.middleware.csrf.CsrfViewMiddleware.process_view", fail)
    body = is_problem(anonymous.get("/api/v1/comments/"), "internal_error", 500)
    assert "inside" not in str(body)


@pytest.mark.parametrize("handler", [problems.not_found, problems.bad_request, problems.permission_denied])
def test_errors_outside_the_api_are_djangos_own_pages(rf: Any, handler: Any) -> None:
    assert handler(rf.get("/admin/"), Exception("inside"))["Content-Type"].startswith("text/html")
    assert handler(rf.get("/api/v1/"), Exception("inside"))["Content-Type"] == problems.CONTENT_TYPE


def test_a_failure_outside_the_api_is_djangos_own_page(rf: Any) -> None:
    assert problems.server_error(rf.get("/admin/"))["Content-Type"].startswith("text/html")


def test_a_host_that_is_not_ours_is_a_problem(anonymous: APIClient) -> None:
    is_problem(anonymous.get("/api/v1/comments/", headers={"Host": "evil.example"}), "parse_error", 400)


def test_a_key_over_its_rate_is_a_429_that_says_when(client_with: Any) -> None:
    client = client_with("read", rate=2)
    assert [client.get("/api/v1/sources/").status_code for _ in range(2)] == [200, 200]
    response = client.get("/api/v1/sources/")
    is_problem(response, "throttled", 429)
    assert 1 <= int(response["Retry-After"]) <= 61


def test_nothing_of_the_api_may_be_cached(api: APIClient, anonymous: APIClient) -> None:
    for client in (api, anonymous):
        assert client.get("/api/v1/comments/")["Cache-Control"] == "no-store"


def test_a_problem_is_json_even_where_the_view_speaks_html(anonymous: APIClient) -> None:
    is_problem(anonymous.get("/api/v1/docs/"), "not_authenticated", 401)
    is_problem(anonymous.get("/api/v1/schema/"), "not_authenticated", 401)


@pytest.mark.parametrize("path", ["comments/ID/decisions/", "comments/{id}/", "articles/<id>/thread/", "comments/ID"])
def test_a_placeholder_of_the_documentation_is_told_what_to_put_there(api: APIClient, path: str) -> None:
    response = api.get(f"/api/v1/{path}")
    assert (response.status_code, "the number of a row" in response.json()["detail"]) == (404, True)
    assert "number" not in api.get("/api/v1/identity/").json()["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["Bearer KEY", "Bearer $KEY", "Bearer ", "Bearer"])
def test_a_key_that_was_left_out_is_told_where_keys_come_from(anonymous: APIClient, header: str) -> None:
    response = anonymous.get("/api/v1/comments/", headers={"Authorization": header})
    assert response.status_code == 401
    assert "create_api_key" in response.json()["detail"]
