"""No body of any shape gives a fault of ours or anything but Google's envelope."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.perspective.messages.schema import MESSAGES, json_name

PATHS = ("/v1alpha1/comments:analyze", "/v1alpha1/comments:suggestscore")
STATUSES = {400: "INVALID_ARGUMENT"}
FIELDS = sorted({name for message in MESSAGES for proto in message.fields for name in (proto, json_name(proto))})
WORDS = ["TOXICITY", "INSULT@2", "SPAM", "PLAIN_TEXT", "HTML", "RAW", "en", "es", "You idiot.", "Hi 😀. Bye!", ""]

pytestmark = pytest.mark.django_db
many = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))

words = st.sampled_from(WORDS) | st.text(max_size=12)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FIELDS, *WORDS]) | words, inner, max_size=4)
    ),
    max_leaves=15,
)
comments = st.fixed_dictionaries({"text": words}, optional={"type": scalars, "x": scalars})
attributes = st.dictionaries(words, st.fixed_dictionaries({}, optional={"scoreType": words, "scoreThreshold": scalars}))
likely = st.fixed_dictionaries(
    {"comment": comments},
    optional={
        "requestedAttributes": attributes | values,
        "attributeScores": st.dictionaries(words, st.fixed_dictionaries({"summaryScore": values}), max_size=3) | values,
        "languages": st.lists(words, max_size=3) | values,
        "context": values,
        "spanAnnotations": st.booleans() | values,
        "dropUnsupportedAttributes": st.booleans(),
        "clientToken": words,
        "communityId": words,
    },
)


def proper(answer: Any) -> bool:
    """Whether an answer is a success or Google's envelope with a code that is not ours to blame."""
    if answer.status == 200:
        return "error" not in answer.body
    error = answer.body["error"]
    return (answer.status, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")


@many
@given(st.binary(max_size=200), st.sampled_from(PATHS))
def test_any_bytes(call: Any, data: bytes, path: str) -> None:
    assert proper(call(data, path=path))


@many
@given(st.text(alphabet="{}[]:,\"'\\untrefals0189.-+eE_$ \n", max_size=100), st.sampled_from(PATHS))
def test_any_marks(call: Any, data: str, path: str) -> None:
    assert proper(call(data, path=path))


@many
@given(values, st.sampled_from(PATHS))
def test_any_json(call: Any, data: Any, path: str) -> None:
    assert proper(call(json.dumps(data), path=path))


@many
@given(likely, st.sampled_from(PATHS), st.booleans())
def test_any_likely_request(call: Any, data: Any, path: str, escaped: bool) -> None:
    text = json.dumps(data, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    assert proper(call(text, path=path))


@many
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_query(client: Any, key: str, name: str, value: str) -> None:
    query = {"key": key, "fields": value, name: value}
    response = client.post(
        "/v1alpha1/comments:analyze", data=b"{}", content_type="application/json", query_params=query
    )
    error = json.loads(response.content)["error"]
    assert response.status_code == error["code"] == 400


@pytest.mark.parametrize("depth", [101, 900, 5_000, 200_000])
@pytest.mark.parametrize("opening", ["[", '{"comment":', "{a:", '{"context":{"entries":['])
def test_a_body_of_any_depth(call: Any, opening: str, depth: int) -> None:
    assert proper(call(opening * depth))


@pytest.mark.parametrize("data", ["1" * 5_000, "[" + "1," * 100_000, '{"languages":[' + '"x",' * 50_000 + '"x"]}'])
def test_a_body_of_any_length(call: Any, data: str) -> None:
    assert proper(call(data))
