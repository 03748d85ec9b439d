"""Who may call, how often, and what is said to the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone
from prometheus_client import REGISTRY

from moderation.models import ApiKey
from moderation.perspective import analyze, calls, methods
from moderation.scoring import ScoringError
from moderation.scoring.queueing.admission import Place, QueueFullError
from moderation.scoring.queueing.dynamic_batching import DynamicBatcher
from moderation.services.accounts.api_keys import api_key_revoke
from moderation.services.online_scoring.request_queue import RequestQueue, request_queue_active

Make = Callable[..., dict[str, Any]]
SUGGEST = "/v1alpha1/comments:suggestscore"

pytestmark = pytest.mark.django_db


def test_without_a_key_nobody_is_let_in(call: Any, body: Make) -> None:
    answer = call(body(), key=None)
    assert answer.status == 403
    assert answer.body == {
        "error": {
            "code": 403,
            "message": "Method doesn't allow unregistered callers (callers without established identity). "
            "Please use API Key or other form of API consumer identity to call this API.",
            "status": "PERMISSION_DENIED",
        }
    }


@pytest.mark.parametrize("wrong", ["nonsense", "a" * 300, "mod_%00", "%ED%A0%80", "ключ", "with%20space"])
def test_a_wrong_key_is_a_bad_request(call: Any, body: Make, wrong: str) -> None:
    answer = call(body(), key=wrong)
    assert (answer.status, answer.error["status"]) == (400, "INVALID_ARGUMENT")
    assert answer.message == "API key not valid. Please pass a valid API key."
    assert answer.error["details"] == [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "API_KEY_INVALID",
            "domain": "googleapis.com",
            "metadata": {"service": "commentanalyzer.googleapis.com"},
        }
    ]


def test_revoked_and_expired_keys_are_wrong_keys(call: Any, body: Make, api_key: Callable[..., str]) -> None:
    revoked = api_key("analyze")
    api_key_revoke(key=ApiKey.objects.get(name="key 2"))
    expired = api_key("analyze", expires=timezone.now() + timedelta(hours=1))
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert [call(body(), key=key).message[:17] for key in (revoked, expired)] == ["API key not valid"] * 2


def test_a_key_without_the_scope_is_blocked(call: Any, body: Make, api_key: Callable[..., str]) -> None:
    answer = call(body(), key=api_key("read", "write", "moderate", "policy"))
    assert (answer.status, answer.error["status"]) == (403, "PERMISSION_DENIED")
    assert answer.error["details"][0]["reason"] == "API_KEY_SERVICE_BLOCKED"
    assert "CommentAnalyzerService.AnalyzeComment are blocked" in answer.message


@pytest.mark.parametrize(
    "place", ["&key={}", "&access_token={}", "&oauth_token={}", "X-Goog-Api-Key: {}", "Authorization: Bearer {}"]
)
def test_a_key_is_found_in_the_query_or_in_a_header(call: Any, body: Make, key: str, place: str) -> None:
    name, _, value = place.format(key).partition(": ")
    query, headers = ("", {name: value}) if value else (name, {})
    assert call(body(), key=None, query=query, headers=headers).status == 200


def test_the_key_is_looked_at_before_the_body(call: Any) -> None:
    assert call("{", key="nonsense").message.startswith("API key not valid")


def test_over_its_quota_a_key_is_told_when_to_come_back(call: Any, body: Make, api_key: Callable[..., str]) -> None:
    key = api_key("analyze", rate=2)
    with time_machine.travel("2026-11-22T10:00:20Z", tick=False):
        answers = [call(body(), key=key) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"2"}
    last = answers[-1]
    assert 0 < int(last.headers["Retry-After"]) <= 61
    assert last.error["status"] == "RESOURCE_EXHAUSTED"
    assert last.message.startswith(
        "Quota exceeded for quota metric 'Analysis requests (AnalyzeComment)' and limit "
        "'Analysis requests (AnalyzeComment) per minute' of service 'commentanalyzer.googleapis.com'"
    )
    assert last.error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"


def test_a_refused_request_counts_too_and_says_what_is_left(call: Any, body: Make, api_key: Callable[..., str]) -> None:
    answer = call(body(""), key=api_key("analyze", rate=5))
    assert (answer.status, answer.headers["X-RateLimit-Remaining"]) == (400, "4")


def test_a_key_without_a_rate_has_the_settings_quota_or_none(call: Any, body: Make, settings: Any) -> None:
    assert call(body()).headers["X-RateLimit-Limit"] == "6000"
    settings.MODERATION_KEY_RATE = 0
    assert "X-RateLimit-Limit" not in call(body()).headers


@pytest.mark.parametrize("name", ["foo", "text", "Key", "comment.text"])
def test_a_parameter_that_the_api_does_not_have_is_refused_as_google_does(call: Any, body: Make, name: str) -> None:
    answer = call(body(), query=f"&{name}=1")
    assert answer.status == 400
    assert answer.message == (
        f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
        f"Field '{name}' could not be found in request message."
    )


def test_every_parameter_of_the_contract_is_taken(call: Any, body: Make) -> None:
    query = "&alt=json&prettyPrint=true&quotaUser=u&callback=c&uploadType=media&upload_protocol=raw&$.xgafv=2"
    assert call(body(), query=query).status == 200
    assert call(body(), query="&alt=proto").status == 400
    assert call(body(), query="".join(f"&a{number}=1" for number in range(1500))).status == 400


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head"])
def test_other_http_methods_find_nothing(client: Any, key: str, method: str) -> None:
    response = getattr(client, method)(f"/v1alpha1/comments:analyze?key={key}")
    assert response.status_code == 404


@pytest.mark.parametrize(
    "path", ["/v1alpha1/comments", "/v1alpha1/comments:analyze/", "/v1alpha1/comments:other", "/v1alpha1/a/b/"]
)
def test_other_addresses_answer_in_the_envelope_and_never_redirect(call: Any, body: Make, path: str) -> None:
    answer = call(body(), path=path)
    assert answer.body == {"error": {"code": 404, "message": "Method not found.", "status": "NOT_FOUND"}}


def test_a_page_of_any_origin_may_call(client: Any, call: Any, body: Make) -> None:
    preflight = client.options("/v1alpha1/comments:analyze", headers={"Origin": "https://news.example"})
    assert (preflight.status_code, preflight["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Content-Type" in preflight["Access-Control-Allow-Headers"]
    assert call(body()).headers["Access-Control-Allow-Origin"] == "*"
    assert call(body(), key=None).headers["Access-Control-Allow-Origin"] == "*"


def test_no_session_and_no_forgery_token_is_asked_for(body: Make, key: str) -> None:
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    response = strict.post(f"/v1alpha1/comments:analyze?key={key}", data=body(), content_type="application/json")
    assert response.status_code == 200
    assert not response.cookies


def test_a_body_beyond_the_servers_limit_is_refused_with_the_limit(call: Any, body: Make, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = call(body("a " * 600))
    assert (answer.status, answer.message) == (400, "Request payload size exceeds the limit: 1000 bytes.")


def test_a_queue_without_a_place_in_time_is_a_refusal_as_googles_quota_and_counted(
    call: Any, body: Make, monkeypatch: pytest.MonkeyPatch, scorer: Any
) -> None:
    class Full(DynamicBatcher):
        def reserve(self, *_: Any, **__: Any) -> Place:
            raise QueueFullError

    monkeypatch.setattr(analyze, "request_queue_active", lambda: RequestQueue(scorer.routing, Full(scorer)))
    before = REGISTRY.get_sample_value("moderato_scoring_refused_total") or 0
    answer = call(body())
    assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    message = "Resource has been exhausted (e.g. check quota)."
    assert answer.error == {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED"}
    assert REGISTRY.get_sample_value("moderato_scoring_refused_total") == before + 1


def test_a_model_that_fails_is_unavailable(call: Any, body: Make, monkeypatch: pytest.MonkeyPatch, scorer: Any) -> None:
    class Broken:
        def score(self, *_: Any, **__: Any) -> Any:
            raise ScoringError("inference_failed", "secret words", retryable=True)

    queue = RequestQueue(scorer.routing, DynamicBatcher(Broken()))
    monkeypatch.setattr(analyze, "request_queue_active", lambda: queue)
    answer = call(body())
    assert (answer.status, answer.error["status"], answer.headers["Retry-After"]) == (503, "UNAVAILABLE", "1")
    assert queue.batcher.waiting == 0


@pytest.mark.parametrize("text", ["!!!", "Esto es una prueba de que el idioma no se sirve aquí.", "You are late."])
def test_whatever_a_call_ends_in_its_place_is_given_back(
    call: Any, body: Make, monkeypatch: pytest.MonkeyPatch, scorer: Any, text: str
) -> None:
    queue = RequestQueue(scorer.routing, DynamicBatcher(scorer, max_callers=1))
    monkeypatch.setattr(analyze, "request_queue_active", lambda: queue)
    assert [call(body(text)).status for _ in range(2)] == [200 if "late" in text else 400] * 2
    assert (queue.batcher.waiting, queue.batcher.refused) == (0, 0)


def test_a_database_that_is_away_is_unavailable(call: Any, body: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(**_: Any) -> None:
        raise OperationalError("could not connect: secret host")

    monkeypatch.setattr(calls, "api_key_authenticate", gone)
    answer = call(body())
    assert (answer.status, answer.error["status"]) == (503, "UNAVAILABLE")
    assert "secret" not in str(answer.body)


def test_a_fault_of_ours_is_told_in_the_envelope_without_its_message(
    call: Any, body: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr(methods, "read_mask", broken)
    answer = call(body())
    assert answer.status == 500
    assert answer.error == {"code": 500, "message": "Internal error encountered.", "status": "INTERNAL"}


def test_requests_of_all_edges_share_the_line_of_the_active_model(db: None) -> None:
    assert request_queue_active() is request_queue_active()
    assert request_queue_active().routing.label == "compact@6"


@pytest.mark.usefixtures("cache_clock")
def test_a_request_costs_few_queries(call: Any, body: Make, django_assert_max_num_queries: Any) -> None:
    call(body())
    with django_assert_max_num_queries(3):
        call(body(requestedAttributes={"TOXICITY": {}, "INSULT": {}, "THREAT": {}}))
