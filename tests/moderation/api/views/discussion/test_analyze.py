"""Texts that are scored by the embedded model and not stored."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from archive.models import Comment
from moderation.models import Review, Score
from moderation.scoring import Scorer, ScoringError
from moderation.scoring.queueing.admission import QueueFullError

ANALYZE = "/api/v1/analyze/"
ABUSE = "You are a stupid idiot and everybody hates you."
CALM = "The minister spoke on Tuesday about the new road."
GERMAN = "Das ist ein wunderschöner Tag, meine lieben Freunde, und wir gehen heute zusammen an den See."


def analyzed(api: APIClient, **body: Any) -> dict[str, Any]:
    response = api.post(ANALYZE, body)
    assert response.status_code == 200, response.content
    return dict(response.json())


def errors(response: Any) -> dict[str, tuple[str, int | None]]:
    assert response.status_code == 400, response.content
    return {error["pointer"]: (error["code"], error.get("limit")) for error in response.json()["errors"]}


def test_one_text_has_scores_language_and_verdict_in_the_agreed_shape(api: APIClient) -> None:
    body = analyzed(api, text=ABUSE)
    assert set(body) == {"model", "results"}
    assert body["model"] == "compact@6"
    (result,) = body["results"]
    assert result["model"] == "compact@6"
    assert set(result) == {"index", "model", "scores", "language", "windows", "normalised", "verdict"}
    assert set(result["scores"]) == set(Score.ATTRIBUTES)
    assert result["scores"]["toxicity"] > 0.7
    assert result["language"]["code"] == "en"
    assert set(result["language"]) == {"code", "confidence", "from"}
    assert (result["index"], result["windows"], result["normalised"]) == (0, 1, False)
    assert set(result["verdict"]) >= {"action", "flagged", "rule", "policy", "reasons"}
    assert (result["verdict"]["action"], result["verdict"]["policy"]) == ("queue", 1)


def test_texts_keep_their_order_and_score_as_they_do_alone(api: APIClient, scorer: Scorer) -> None:
    texts = [CALM, ABUSE, "Short.", ABUSE + " " + CALM]
    results = analyzed(api, texts=texts)["results"]
    assert [result["index"] for result in results] == [0, 1, 2, 3]
    for text, result in zip(texts, results, strict=True):
        (alone,) = scorer.score([text])
        assert result["scores"] == pytest.approx(alone.scores, abs=0.02)
    assert results[1]["scores"]["toxicity"] > 0.7 > results[0]["scores"]["toxicity"]


def test_nothing_is_stored(api: APIClient) -> None:
    analyzed(api, texts=[ABUSE, CALM])
    assert not Comment.objects.exists()
    assert not Score.objects.exists()
    assert not Review.objects.exists()


def test_a_refused_text_has_its_error_in_its_place_and_the_others_their_scores(api: APIClient) -> None:
    results = analyzed(api, texts=[CALM, GERMAN, "!!! ...", "", ABUSE])["results"]
    assert [result.get("error", {}).get("code") for result in results] == [
        None,
        "language_not_supported",
        "no_text",
        "no_text",
        None,
    ]
    assert set(results[1]) == {"index", "error"}
    assert results[1]["error"]["detail"]


def test_a_given_language_is_trusted_and_not_detected(api: APIClient) -> None:
    (trusted,) = analyzed(api, text=GERMAN, language="en")["results"]
    assert trusted["language"] == {"code": "en", "confidence": 1.0, "from": "given"}
    (region,) = analyzed(api, text=CALM, language="en-GB")["results"]
    assert region["language"]["code"] == "en"
    (refused,) = analyzed(api, text=CALM, language="tlh")["results"]
    assert refused["error"]["code"] == "language_not_supported"


def test_attributes_limit_what_is_shown_and_not_what_is_weighed(api: APIClient) -> None:
    (result,) = analyzed(api, text=ABUSE, attributes=["threat", "obscene"])["results"]
    assert list(result["scores"]) == ["threat", "obscene"]
    assert result["verdict"]["flagged"] is True


def test_an_attribute_that_is_not_served_is_refused_naming_those_that_are(api: APIClient) -> None:
    response = api.post(ANALYZE, {"text": CALM, "attributes": ["toxicity", "sarcasm"]})
    assert errors(response) == {"/attributes/1": ("unknown_attribute", None)}
    detail = response.json()["errors"][0]["detail"]
    assert all(name in detail for name in Score.ATTRIBUTES)


def test_spans_point_at_the_words_in_code_points(api: APIClient) -> None:
    text = "\U0001f600 Fine day. " + ABUSE
    (result,) = analyzed(api, text=text, spans=True, attributes=["insult"])["results"]
    assert result["spans"]
    for span in result["spans"]:
        assert set(span) == {"begin", "end", "attribute", "score", "kind"}
        assert span["attribute"] == "insult"
        assert 0 <= span["begin"] < span["end"] <= len(text)
    assert {span["kind"] for span in result["spans"]} == {"sentence", "word"}
    assert "idiot" in {text[s["begin"] : s["end"]] for s in result["spans"] if s["kind"] == "word"}


def test_text_in_disguise_is_scored_without_it_and_the_answer_says_so(api: APIClient) -> None:
    plain, disguised = analyzed(api, texts=["you are such an idiot", "you are such an 1d1ot"])["results"]
    assert (plain["normalised"], disguised["normalised"]) == (False, True)
    assert disguised["scores"]["toxicity"] >= plain["scores"]["toxicity"] - 0.01


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"": ("one_of", None)}),
        ({"text": "a", "texts": ["b"]}, {"": ("one_of", None)}),
        ({"texts": []}, {"/texts": ("empty", None)}),
        ({"texts": ["a"] * 101}, {"/texts": ("max_length", 100)}),
        ({"texts": "a"}, {"/texts": ("not_a_list", None)}),
        ({"texts": ["a", 3, "b", None]}, {"/texts/1": ("invalid", None), "/texts/3": ("null", None)}),
        ({"texts": ["a", "x" * 102_401]}, {"/texts/1": ("max_bytes", 102_400)}),
        ({"text": "a", "language": "e n"}, {"/language": ("invalid", None)}),
        ({"text": "a", "attributes": "toxicity"}, {"/attributes": ("not_a_list", None)}),
        ({"text": "a", "spans": "yes"}, {"/spans": ("invalid", None)}),
        ({"text": "a", "doNotStore": True}, {"/doNotStore": ("unknown_field", None)}),
    ],
)
def test_a_request_that_is_not_right_is_refused_by_pointer(
    api: APIClient, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert errors(api.post(ANALYZE, body)) == expected


def test_a_queue_without_a_place_in_time_is_a_429_that_says_when(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise QueueFullError

    monkeypatch.setattr("moderation.scoring.queueing.dynamic_batching.DynamicBatcher.reserve", full)
    response = api.post(ANALYZE, {"text": CALM})
    assert (response.status_code, response["Retry-After"]) == (429, "1")
    assert response.json()["type"] == "urn:moderato:problem:overloaded"


def test_a_model_that_fails_is_a_503_that_is_worth_a_retry(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Any:
        raise ScoringError("inference_failed", "inside", retryable=True)

    monkeypatch.setattr("moderation.services.online_scoring.analyze.request_queue_active", fail)
    response = api.post(ANALYZE, {"text": CALM})
    assert response.status_code == 503
    assert response.json()["type"] == "urn:moderato:problem:unavailable"
    assert response["Retry-After"]
    assert "inside" not in response.content.decode()
