"""Several models behind the dialect: the declared or detected language decides which one gives the scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from moderation.perspective import analyze
from moderation.scoring import Routing, describe
from moderation.scoring.queueing.dynamic_batching import DynamicBatcher
from moderation.services.online_scoring.request_queue import RequestQueue, request_queue_active

pytestmark = pytest.mark.django_db
Make = Callable[..., dict[str, Any]]
TURKISH = "Bence belediye bu konuda haksız ve kimseye hesap vermiyor."
RUSSIAN = "Мэр опять обманывает людей, и никто ему не отвечает."
SPANISH = "El alcalde nunca contesta las preguntas de los vecinos."
ENGLISH = "I think that the council should listen to the people who live here."
FRENCH = "Je ne suis pas d'accord avec vous, le maire a déjà répondu aux habitants."


@pytest.mark.parametrize(("text", "code"), [(TURKISH, "tr"), (RUSSIAN, "ru"), (SPANISH, "es"), (ENGLISH, "en")])
def test_without_a_declared_language_the_detected_one_is_used_and_told(
    call: Any, body: Make, second: str, text: str, code: str
) -> None:
    answer = call(body(text))
    assert answer.status == 200
    assert (answer.body["languages"], answer.body["detectedLanguages"]) == ([code], [code])


def test_a_declared_language_is_trusted_and_the_detected_one_told_beside_it(call: Any, body: Make, second: str) -> None:
    answer = call(body(ENGLISH, languages=["tr"]))
    assert (answer.body["languages"], answer.body["detectedLanguages"]) == (["tr"], ["en"])


def test_of_several_declared_languages_the_detected_one_is_used(call: Any, body: Make, second: str) -> None:
    answer = call(body(RUSSIAN, languages=["en", "ru", "tr"]))
    assert (answer.body["languages"], answer.body["detectedLanguages"]) == (["ru"], ["ru"])
    assert call(body(RUSSIAN, languages=["fr", "ru"])).body["languages"] == ["ru"]


def test_a_language_that_no_model_serves_is_refused_as_perspective_refuses_it(
    call: Any, body: Make, second: str
) -> None:
    for fields, named in (({}, "fr"), ({"languages": ["fr"]}, "fr"), ({"languages": ["hi-Latn"]}, "hi-Latn")):
        answer = call(body(FRENCH, **fields))
        assert answer.status == 400
        assert answer.message == f"Attribute TOXICITY does not support request languages: {named}"


def test_romanised_hindi_is_served_where_it_is_named(call: Any, body: Make, second: str, settings: Any) -> None:
    settings.MODERATION_EXPERIMENTAL_LANGUAGES = ["hi-Latn"]
    answer = call(body("tum log kuch nahi jaante ho, yeh bahut galat hai", languages=["hi-Latn"]))
    assert (answer.body["languages"], answer.body["detectedLanguages"]) == (["hi-Latn"], ["hi-Latn"])


def test_sentences_are_scored_by_the_model_of_the_whole_text(call: Any, body: Make, second: str) -> None:
    answer = call(body(f"{TURKISH} OK. {TURKISH[:-1]}!", spanAnnotations=True))
    assert answer.status == 200
    assert len(answer.body["attributeScores"]["TOXICITY"]["spanScores"]) == 2


def test_an_attribute_that_only_another_models_languages_have_is_refused_for_the_language(
    call: Any, body: Make, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = request_queue_active()
    poor = replace(describe("second"), perspective=())
    routing = Routing((describe("compact"), poor))
    made = RequestQueue(routing, DynamicBatcher(queue.batcher._scorer))
    monkeypatch.setattr(analyze, "request_queue_active", lambda: made)
    asked = {"TOXICITY": {}, "LIKELY_TO_REJECT": {}}
    answer = call(body(TURKISH, requestedAttributes=asked))
    assert answer.message == "Attribute LIKELY_TO_REJECT does not support request languages: tr"
    answer = call(body(TURKISH, requestedAttributes=asked, dropUnsupportedAttributes=True))
    assert set(answer.body["attributeScores"]) == {"TOXICITY"}
    assert set(call(body(ENGLISH, requestedAttributes=asked)).body["attributeScores"]) == set(asked)
