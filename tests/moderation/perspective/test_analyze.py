"""comments:analyze, scored by the embedded model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY

from archive.models import Comment
from moderation.models import Feedback, Score

Make = Callable[..., dict[str, Any]]
OF_NEWSPAPERS = ("ATTACK_ON_COMMENTER", "LIKELY_TO_REJECT")
SERVED = (
    "TOXICITY",
    "SEVERE_TOXICITY",
    "IDENTITY_ATTACK",
    "INSULT",
    "PROFANITY",
    "THREAT",
    "SEXUALLY_EXPLICIT",
    *OF_NEWSPAPERS,
)
SPANISH = "Buenos días a todos, me gustaría saber cuándo abre la biblioteca municipal del barrio."

pytestmark = pytest.mark.django_db


def test_an_insult_scores_high_a_thanks_low_and_both_on_perspectives_form(call: Any, body: Make) -> None:
    answer = call(body(clientToken="abc"))
    value = answer.score()
    assert answer.status == 200
    assert value > 0.8
    score = {"value": value, "type": "PROBABILITY"}
    span = {"begin": 0, "end": 44, "score": score}
    assert answer.body == {
        "attributeScores": {"TOXICITY": {"spanScores": [span], "summaryScore": score}},
        "languages": ["en"],
        "detectedLanguages": ["en"],
        "clientToken": "abc",
    }
    assert call(body("Thank you for this article, it was a pleasure to read.")).score() < 0.2


def test_the_nine_attributes_their_experimental_names_and_versions_are_echoed_exactly(call: Any, body: Make) -> None:
    names = [*SERVED, *(f"{name}_EXPERIMENTAL" for name in SERVED), "TOXICITY@6", "INSULT_EXPERIMENTAL@12"]
    answer = call(body(requestedAttributes={name: {} for name in names}))
    assert list(answer.body["attributeScores"]) == names
    assert answer.score("TOXICITY@6") == answer.score("TOXICITY_EXPERIMENTAL") == answer.score("TOXICITY")
    assert len({answer.score(name) for name in SERVED}) == 9


def test_what_a_newspaper_would_reject_and_who_is_attacked_are_told_apart(call: Any, body: Make) -> None:
    texts = ("You, sir, are an idiot and a liar.", "The mayor opens the new bridge at noon.", "fuck this shit lol")
    attack, calm, swearing = (
        call(body(text, requestedAttributes={name: {} for name in OF_NEWSPAPERS})) for text in texts
    )
    assert attack.score("ATTACK_ON_COMMENTER") > 0.6
    assert swearing.score("LIKELY_TO_REJECT") > 0.8
    assert calm.score("LIKELY_TO_REJECT") < swearing.score("LIKELY_TO_REJECT")
    assert calm.score("ATTACK_ON_COMMENTER") < attack.score("ATTACK_ON_COMMENTER")


def test_text_in_letters_that_look_alike_is_scored_as_what_it_says(call: Any, body: Make) -> None:
    answer = call(body("уоu аrе ѕuсh аn іdіоt"))
    assert answer.body["detectedLanguages"] == ["en"]
    assert answer.score() > 0.8


@pytest.mark.parametrize(
    "name", ["FLIRTATION", "OBSCENE", "SPAM", "TOXICITY_FAST", "toxicity", "TOXICITY@", "", "_EXPERIMENTAL"]
)
def test_an_attribute_that_the_model_does_not_serve_is_refused_and_never_invented(
    call: Any, body: Make, name: str
) -> None:
    answer = call(body(requestedAttributes={"TOXICITY": {}, name: {}}))
    assert (answer.status, answer.error_type) == (400, "INVALID_REQUEST")
    assert answer.message == f"Unknown requested attribute: {name}"


def test_unsupported_attributes_are_dropped_where_the_request_or_its_key_asks_for_it(
    call: Any, body: Make, api_key: Callable[..., str]
) -> None:
    wanted = {"TOXICITY": {}, "SPAM": {}, "INCOHERENT": {"scoreType": "PERCENTILE"}}
    asked = call(body(requestedAttributes=wanted, dropUnsupportedAttributes=True))
    by_key = call(body(requestedAttributes=wanted), key=api_key("analyze", drop_unsupported=True))
    assert list(asked.body["attributeScores"]) == list(by_key.body["attributeScores"]) == ["TOXICITY"]
    assert call(body(requestedAttributes={"SPAM": {}}, dropUnsupportedAttributes=True)).body["attributeScores"] == {}


def test_below_its_threshold_an_attribute_is_left_out(call: Any, body: Make) -> None:
    wanted = {"TOXICITY": {"scoreThreshold": 0.5}, "THREAT": {"scoreThreshold": 0.99}}
    assert list(call(body(requestedAttributes=wanted)).body["attributeScores"]) == ["TOXICITY"]


def test_each_sentence_is_a_span_in_utf16_units_with_a_score_of_its_own(call: Any, body: Make) -> None:
    text = "😀 Thank you for the kind words. You are a stupid idiot! Have a nice day 🎉."
    answer = call(body(text, spanAnnotations=True))
    spans = answer.body["attributeScores"]["TOXICITY"]["spanScores"]
    units = text.encode("utf-16-le")
    shown = [units[2 * span["begin"] : 2 * span["end"]].decode("utf-16-le") for span in spans]
    assert shown == ["😀 Thank you for the kind words.", "You are a stupid idiot!", "Have a nice day 🎉."]
    values = [span["score"]["value"] for span in spans]
    assert values[1] > 0.8
    assert max(values[0], values[2]) < 0.3
    assert values[1] == pytest.approx(call(body("You are a stupid idiot!")).score(), abs=1e-5)


def test_a_text_without_annotations_has_one_span_as_long_as_itself(call: Any, body: Make) -> None:
    (span,) = call(body("One. Two 😀. Three.")).body["attributeScores"]["TOXICITY"]["spanScores"]
    assert (span["begin"], span["end"]) == (0, 19)


def test_scores_above_nine_tenths_are_reached(call: Any, body: Make) -> None:
    names = {"TOXICITY": {}, "INSULT": {}, "PROFANITY": {}}
    answer = call(body("You fucking stupid piece of shit, fuck you, idiot.", requestedAttributes=names))
    assert min(answer.score(name) for name in names) > 0.9


def test_a_declared_language_is_trusted_and_a_denied_one_is_counted(call: Any, body: Make) -> None:
    labels = {"declared": "en", "detected": "es"}
    before = REGISTRY.get_sample_value("moderato_language_disagreements_total", labels) or 0
    answer = call(body(SPANISH, languages=["en-GB"]))
    assert answer.status == 200
    assert (answer.body["languages"], answer.body["detectedLanguages"]) == (["en-GB"], ["es"])
    assert REGISTRY.get_sample_value("moderato_language_disagreements_total", labels) == before + 1
    call(body(languages=["en"]))
    assert REGISTRY.get_sample_value("moderato_language_disagreements_total", labels) == before + 1


@pytest.mark.parametrize("text", ["lol", "u suck", "No.", "Bravo!", "merci idiot", "Ok 👍", "Hvala", "2 + 2 = 5"])
def test_what_is_short_is_not_taken_for_another_language(call: Any, body: Make, text: str) -> None:
    assert call(body(text)).body["languages"] == ["en"]


@pytest.mark.parametrize(
    ("text", "declared", "requested", "detected"),
    [
        (SPANISH, [], "es", "es"),
        (SPANISH, ["es"], "es", "es"),
        ("Good morning", ["fr"], "fr", "en"),
        (SPANISH, ["en", "pt-BR"], "pt-BR", "es"),
        (SPANISH, ["es", "en"], "es", "es"),
        (SPANISH, ["auto"], "es", "es"),
    ],
)
def test_a_language_that_the_model_does_not_serve_is_refused_by_attribute(
    call: Any, body: Make, text: str, declared: list[str], requested: str, detected: str
) -> None:
    answer = call(body(text, languages=declared, requestedAttributes={"INSULT@2": {}, "THREAT": {}}))
    said = [one for one in declared if one != "auto"]
    assert (answer.status, answer.error_type) == (400, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE")
    assert answer.message == f"Attribute INSULT@2 does not support request languages: {requested}"
    assert answer.error["details"][0]["languageNotSupportedByAttributeError"] == {
        "detectedLanguages": [detected],
        **({"requestedLanguages": said} if said else {}),
        "attribute": "INSULT@2",
    }


@pytest.mark.parametrize("attribute", ["TOXICITY", "SPAM"])
def test_dropping_is_for_attributes_and_never_for_a_language(
    call: Any, body: Make, api_key: Callable[..., str], attribute: str
) -> None:
    asked = call(body(SPANISH, dropUnsupportedAttributes=True, requestedAttributes={attribute: {}}))
    by_key = call(body(SPANISH, requestedAttributes={attribute: {}}), key=api_key("analyze", drop_unsupported=True))
    assert (asked.status, asked.error_type) == (400, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE")
    assert asked.message == f"Attribute {attribute} does not support request languages: es"
    assert (by_key.status, by_key.body) == (asked.status, asked.body)


FINE = "Good morning, how are you doing on this fine day?"


@pytest.mark.parametrize(
    ("text", "declared", "used"),
    [
        (FINE, ["es", "en"], "en"),
        (FINE, ["pt-BR", "en-GB", "fr"], "en-GB"),
        (FINE, ["auto"], "en"),
        (FINE, ["auto", "en-US"], "en-US"),
        ("u suck", ["es", "en"], "en"),
        (SPANISH, ["en", "en-GB"], "en"),
    ],
)
def test_of_several_languages_the_answer_says_which_was_used(
    call: Any, body: Make, text: str, declared: list[str], used: str
) -> None:
    assert call(body(text, languages=declared)).body["languages"] == [used]


@pytest.mark.parametrize(("declared", "status"), [(["es", "en"], 400), (["en-GB", "en"], 200), (["auto"], 200)])
def test_by_a_setting_every_declared_language_must_be_served(
    call: Any, body: Make, settings: Any, declared: list[str], status: int
) -> None:
    settings.MODERATION_PERSPECTIVE_ANY_LANGUAGE = False
    assert call(body(FINE, languages=declared)).status == status


@pytest.mark.parametrize("text", ["!!! ???", "👍👍👍", "\u200b \u200b."])
def test_a_text_of_nothing_but_marks_has_no_language(call: Any, body: Make, text: str) -> None:
    answer = call(body(text))
    assert (answer.status, answer.error_type) == (400, "LANGUAGE_DETECTION_FAILED")
    assert answer.message == "Unable to detect language"


@pytest.mark.parametrize("comment", [None, {}, {"text": ""}, {"text": " \n\t"}, {"type": "PLAIN_TEXT"}])
def test_an_empty_comment_is_refused(call: Any, body: Make, comment: Any) -> None:
    answer = call({**body(), "comment": comment})
    assert (answer.error_type, answer.message) == ("COMMENT_EMPTY", "Comment must be non-empty.")


def test_the_longest_comment_has_20480_bytes_of_utf8(call: Any, body: Make) -> None:
    fits, beyond = "é" * 10_240, "é" * 10_240 + "a"
    assert call(body(fits, languages=["en"])).status == 200
    answer = call(body(beyond, languages=["en"]))
    assert (answer.status, answer.error_type, answer.message) == (400, "COMMENT_TOO_LONG", "Comment text too long.")


@pytest.mark.parametrize("requested", [None, {}])
def test_without_attributes_a_request_is_refused(call: Any, body: Make, requested: Any) -> None:
    answer = call({**body(), "requestedAttributes": requested})
    assert (answer.error_type, answer.message) == ("NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes")


@pytest.mark.parametrize("score_type", ["STD_DEV_SCORE", "PERCENTILE", "RAW"])
def test_only_probabilities_are_served(call: Any, body: Make, score_type: str) -> None:
    answer = call(body(requestedAttributes={"TOXICITY@6": {"scoreType": score_type}}))
    assert answer.error_type == "INVALID_REQUEST"
    assert answer.message == f"Requested score type {score_type} is not supported by attribute TOXICITY@6"
    for served in ("PROBABILITY", "SCORE_TYPE_UNSPECIFIED"):
        assert call(body(requestedAttributes={"TOXICITY": {"scoreType": served}})).status == 200


def test_html_is_refused_and_unspecified_text_is_plain(call: Any, body: Make) -> None:
    html = call({**body(), "comment": {"text": "<b>hi</b>", "type": "HTML"}})
    assert (html.error_type, html.message) == ("INVALID_REQUEST", "Currently, only 'PLAIN_TEXT' comments are supported")
    assert call({**body(), "comment": {"text": "hi there", "type": "TEXT_TYPE_UNSPECIFIED"}}).status == 200


def test_a_context_of_one_kind_is_ignored_and_of_both_is_refused(call: Any, body: Make) -> None:
    entries = {"entries": [{"text": "You are a stupid idiot."}]}
    article = {"articleAndParentComment": {"article": {"text": "a"}, "parentComment": {"text": "b"}}}
    calm = "A calm remark on the weather."
    scores = {round(call(body(calm, **more)).score(), 5) for more in ({"context": entries}, {"context": article}, {})}
    assert len(scores) == 1
    answer = call(body(context={**entries, **article}))
    assert answer.error_type == "INVALID_REQUEST"
    assert answer.message == (
        "Context can have either entries or article_and_parent_comment, but both fields were populated."
    )


def test_nothing_is_stored_of_an_analyzed_text(call: Any, body: Make) -> None:
    call(body(doNotStore=True))
    call(body(doNotStore=False, sessionId="1", communityId="2"))
    assert not Comment.objects.exists()
    assert not Score.objects.exists()
    assert not Feedback.objects.exists()


def test_replies_are_indented_unless_asked_otherwise_and_a_callback_is_ignored(client: Any, key: str) -> None:
    text = '{"comment":{"text":"hi there"},"requestedAttributes":{"TOXICITY":{}}}'
    address = f"/v1alpha1/comments:analyze?key={key}&callback=alert&%24.xgafv=1&alt=json"
    pretty = client.post(address, data=text, content_type="text/plain")
    flat = client.post(f"{address}&prettyPrint=false", data=text, content_type="application/json")
    assert pretty.content.startswith(b'{\n  "attributeScores"')
    assert flat.content.count(b"\n") == 1
    assert pretty.json() == flat.json()
    assert pretty["Content-Type"] == "application/json; charset=UTF-8"


def test_fields_choose_what_comes_back(call: Any, body: Make) -> None:
    answer = call(body(), query="&fields=attributeScores/TOXICITY/summaryScore/value,languages")
    value = answer.score()
    assert answer.body == {"attributeScores": {"TOXICITY": {"summaryScore": {"value": value}}}, "languages": ["en"]}
    assert call(body(), query="&fields=colour").status == 400
