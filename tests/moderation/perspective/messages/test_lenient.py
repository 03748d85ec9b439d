"""JSON as Google's parser takes it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.perspective.messages import lenient

scalars = st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_whatever_is_strict_json_means_the_same_when_read_leniently(value: Any) -> None:
    assert lenient.loads(json.dumps(value)) == value
    assert lenient.loads(json.dumps(value, ensure_ascii=False, indent=1)) == value


@given(st.text(max_size=60) | st.text(alphabet="{}[]:,\"'\\u0019eE+-.tfna \n", max_size=60))
def test_any_text_gives_a_value_or_the_one_error(text: str) -> None:
    try:
        lenient.loads(text)
    except lenient.LenientError as error:
        assert "^" in str(error)  # noqa: PT017 - a value is as good


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{comment: {text: "hi"}}', {"comment": {"text": "hi"}}),
        ("{'a': 'it''s'}", None),
        ("{'a': 'say \"hi\"'}", {"a": 'say "hi"'}),
        ('{"a": 1, "b": [1, 2,],}', {"a": 1, "b": [1, 2]}),
        ("{$a_1: null, trueish: true}", {"$a_1": None, "trueish": True}),
        ('{"a": "two\nlines\tand a tab"}', {"a": "two\nlines\tand a tab"}),
        (r'{"a": "it\'s \q \/ \v"}', {"a": "it's q / \v"}),
        (r'{"a": "\ud83d\ude00 \ud83d \udE00x"}', {"a": "😀 \ud83d \ude00x"}),
        (r'{"a": "\ud83d\ud83d\ude00"}', {"a": "\ud83d😀"}),
        ("[-0.5e3, 10, 0]", [-500.0, 10, 0]),
        ("[" + "9" * 30 + "]", [1e30]),
        ("", None),
    ],
)
def test_what_google_takes_is_taken_and_what_it_refuses_is_refused(text: str, value: Any) -> None:
    if value is None:
        with pytest.raises(lenient.LenientError):
            lenient.loads(text)
    else:
        assert lenient.loads(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{a", "Unexpected end of string. Expected : between key:value pair."),
        ("{a:", "Unexpected end of string. Expected a value."),
        ("{a: b}", "Expected a value."),
        ("{a: 1 b: 2}", "Expected , or } after key:value pair."),
        ("[1 2]", "Expected , or ] after array value."),
        ("{,}", "Expected an object key or }."),
        ("{null: 1}", "Expected an object key or }."),
        ('{"a": "b', "Closing quote expected in string."),
        (r'{"a": "\u12g4"}', "Invalid escape sequence."),
        ("{a: 01}", "Unable to parse number."),
        ("{a: 1e999}", "Number exceeds the range of double."),
        ("{} {}", "Parsing terminated before end of input."),
        ("[" * 101, "Message too deep. Max recursion depth reached."),
    ],
)
def test_each_fault_has_googles_message_and_the_place(text: str, message: str) -> None:
    with pytest.raises(lenient.LenientError) as refusal:
        lenient.loads(text)
    first, *_, caret = str(refusal.value).split("\n")
    assert (first, caret.strip()) == (message, "^")


def test_a_text_as_deep_as_a_body_is_long_is_refused_and_not_followed() -> None:
    with pytest.raises(lenient.LenientError):
        lenient.loads("{a:" * 300_000)
