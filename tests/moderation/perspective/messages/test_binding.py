"""The rules of protobuf's JSON mapping, with Google's words for each fault."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.perspective.errors import MAX_VIOLATIONS, Refused
from moderation.perspective.messages.binding import bind
from moderation.perspective.messages.schema import ANALYZE_REQUEST, MESSAGES, SUGGEST_REQUEST

UNKNOWN = "Invalid JSON payload received. Unknown name "
TEXT_ENTRY = "type.googleapis.com/google.commentanalyzer.v1alpha1.TextEntry"


def refusal(value: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        bind(ANALYZE_REQUEST, value)
    return refused.value


def test_json_names_and_proto_names_mean_the_same() -> None:
    camel = {"requestedAttributes": {"INSULT": {"scoreThreshold": 0.5}}, "clientToken": "a", "doNotStore": True}
    snake = {"requested_attributes": {"INSULT": {"score_threshold": 0.5}}, "client_token": "a", "do_not_store": True}
    assert bind(ANALYZE_REQUEST, camel) == bind(ANALYZE_REQUEST, snake)


def test_null_is_absent_and_numbers_booleans_and_enumerations_have_their_other_forms() -> None:
    given = {
        "comment": {"text": "a", "type": 1},
        "requestedAttributes": {"INSULT": None, "THREAT": {"scoreThreshold": "0.25"}},
        "spanAnnotations": "true",
        "languages": "en",
        "context": None,
    }
    assert bind(ANALYZE_REQUEST, given) == {
        "comment": {"text": "a", "type": "PLAIN_TEXT"},
        "requested_attributes": {"INSULT": {}, "THREAT": {"score_threshold": 0.25}},
        "span_annotations": True,
        "languages": ["en"],
    }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"x": 1}, UNKNOWN + '"x": Cannot find field.'),
        ({"comment": {"x": 1}}, UNKNOWN + "\"x\" at 'comment': Cannot find field."),
        ([], UNKNOWN + '"": Root element must be a message.'),
        ("text", UNKNOWN + '"": Root element must be a message.'),
        ({"comment": "hi"}, f"Invalid value at 'comment' ({TEXT_ENTRY}), \"hi\""),
        ({"comment": ["hi"]}, UNKNOWN + '"comment": Proto field is not repeating, cannot start list.'),
        ({"comment": {"text": 5}}, "Invalid value at 'comment.text' (TYPE_STRING), 5"),
        ({"comment": {"text": {}}}, UNKNOWN + "\"text\" at 'comment': Starting an object on a scalar field."),
        ({"comment": {"type": "RTF"}}, f"Invalid value at 'comment.type' ({TEXT_ENTRY}.TextType), \"RTF\""),
        ({"comment": {"type": True}}, f"Invalid value at 'comment.type' ({TEXT_ENTRY}.TextType), true"),
        ({"spanAnnotations": "yes"}, "Invalid value at 'span_annotations' (TYPE_BOOL), \"yes\""),
        ({"spanAnnotations": 1}, "Invalid value at 'span_annotations' (TYPE_BOOL), 1"),
        ({"languages": ["en", 1]}, "Invalid value at 'languages[1]' (TYPE_STRING), 1"),
        (
            {"requestedAttributes": ["INSULT"]},
            UNKNOWN + "\"requestedAttributes\": Cannot bind a list to map for field 'requested_attributes'.",
        ),
        (
            {"requestedAttributes": {"INSULT": {"scoreThreshold": "high"}}},
            "Invalid value at 'requested_attributes[0].value.score_threshold' (TYPE_FLOAT), \"high\"",
        ),
        (
            {"requestedAttributes": {"INSULT": {"scoreThreshold": 1e400}}},
            "Invalid value at 'requested_attributes[0].value.score_threshold' (TYPE_FLOAT), Infinity",
        ),
    ],
)
def test_each_fault_has_googles_words(value: Any, message: str) -> None:
    assert refusal(value).message == message


def test_all_faults_are_told_at_once_with_their_fields_up_to_a_hundred() -> None:
    both = refusal({"comment": {"text": 5, "x": 1}, "y": 2})
    violations = both.details[0]["fieldViolations"]
    assert [violation.get("field") for violation in violations] == ["comment.text", "comment", None]
    assert both.message == "\n".join(violation["description"] for violation in violations)
    many = refusal({f"x{number}": 1 for number in range(5000)})
    assert len(many.details[0]["fieldViolations"]) == MAX_VIOLATIONS


def test_half_a_surrogate_pair_becomes_a_replacement_character_of_the_same_width() -> None:
    assert bind(ANALYZE_REQUEST, {"clientToken": "a\ud800b"}) == {"client_token": "a\ufffdb"}


names = st.sampled_from(sorted({name for message in MESSAGES for name in message.fields})) | st.text(max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_any_value_is_bound_or_refused(value: Any) -> None:
    for message in (ANALYZE_REQUEST, SUGGEST_REQUEST):
        try:
            assert set(bind(message, value)) <= set(message.fields)
        except Refused as refused:
            assert refused.code == 400  # noqa: PT017 - a bound value is as good
            assert refused.body()["error"]["details"][0]["fieldViolations"]  # noqa: PT017
