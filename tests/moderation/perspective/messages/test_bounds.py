"""Every list, map and string of a request has a bound, and what is over it costs nothing."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from moderation.models import Feedback
from moderation.perspective.errors import MAX_VIOLATIONS, Refused
from moderation.perspective.messages.binding import bind
from moderation.perspective.messages.schema import (
    ANALYZE_REQUEST,
    MAX_CALL_BYTES,
    MAX_NAME_CHARACTERS,
    SUGGEST_REQUEST,
    Enum,
    Field,
    Message,
    json_name,
)

SUGGEST = "/v1alpha1/comments:suggestscore"
Inside = Callable[[Any], Any]
Place = tuple[str, Field, Inside]


def places(message: Message, around: Inside = lambda value: value, path: str = "") -> Iterator[Place]:
    """Every field below a message: its path, itself, and what puts a value of it into a whole request."""
    for name, field in message.fields.items():

        def inside(value: Any, name: str = name) -> Any:
            return around({json_name(name): value})

        yield f"{path}.{name}", field, inside
        if isinstance(field.kind, Message):
            wrap = {"one": lambda value: value, "list": lambda value: [value], "map": lambda value: {"A": value}}
            nested = wrap[field.form]
            yield from places(field.kind, lambda value, i=inside, n=nested: i(n(value)), f"{path}.{name}")  # type: ignore[misc]


REQUESTS = [(request, *place) for request in (ANALYZE_REQUEST, SUGGEST_REQUEST) for place in places(request)]
MANY = [place for place in REQUESTS if place[2].form != "one"]
STRINGS = [place for place in REQUESTS if place[2].kind == "string"]


def names(cases: list[Any]) -> list[str]:
    return [f"{request.name}{path}" for request, path, *_ in cases]


def item(field: Field) -> Any:
    if isinstance(field.kind, Message):
        return {}
    return field.kind.values[0] if isinstance(field.kind, Enum) else "a"


def refused(request: Message, value: Any) -> str:
    with pytest.raises(Refused) as refusal:
        bind(request, value)
    return refusal.value.message


@pytest.mark.parametrize(("request_", "path", "field", "inside"), MANY, ids=names(MANY))
def test_a_list_or_map_takes_as_many_as_it_says(request_: Message, path: str, field: Field, inside: Inside) -> None:
    def filled(count: int) -> Any:
        return inside({f"A{i}": item(field) for i in range(count)} if field.form == "map" else [item(field)] * count)

    bind(request_, filled(field.most))
    assert f"at most {field.most} are taken" in refused(request_, filled(field.most + 1))


@pytest.mark.parametrize(("request_", "path", "field", "inside"), STRINGS, ids=names(STRINGS))
def test_a_string_is_as_long_as_it_says(request_: Message, path: str, field: Field, inside: Inside) -> None:
    bind(request_, inside("a" * field.characters))
    assert f"more than {field.characters} characters" in refused(request_, inside("a" * (field.characters + 1)))


def test_the_name_of_an_attribute_has_a_hundred_characters() -> None:
    for request, name in ((ANALYZE_REQUEST, "requestedAttributes"), (SUGGEST_REQUEST, "attributeScores")):
        bind(request, {name: {"A" * MAX_NAME_CHARACTERS: {}}})
        assert "Invalid key" in refused(request, {name: {"A" * (MAX_NAME_CHARACTERS + 1): {}}})


@pytest.mark.parametrize(
    "value",
    [
        {"languages": [1] * 200_000},
        {"languages": ["en"] * 200_000},
        {f"x{number}": 1 for number in range(200_000)},
        {"comment": {"text": 1, **{f"x{number}": 1 for number in range(200_000)}}},
        {"attributeScores": {"A": {"spanScores": [{"x": 1}] * 200_000}}},
        {"x" * 1_000_000: 1},
    ],
    ids=["wrong items", "items", "unknown fields", "unknown fields within", "messages", "a name"],
)
def test_faults_end_at_the_bound_and_take_no_memory(value: Any) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Refused) as refusal:
            bind(SUGGEST_REQUEST, value)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(refusal.value.details[0]["fieldViolations"]) <= MAX_VIOLATIONS
    assert peak < 200_000
    assert len(json.dumps(refusal.value.body())) < 200_000


def suggestion(**fields: Any) -> dict[str, Any]:
    scores = {"TOXICITY": {"summaryScore": {"value": 1}}}
    return {"comment": {"text": "Calm."}, "attributeScores": scores, **fields}


@pytest.mark.django_db
def test_a_suggestions_context_is_kept_up_to_its_bound(call: Any) -> None:
    half = {"text": "ö" * 25_600}
    assert call(suggestion(context={"entries": [half, half]}), path=SUGGEST).status == 200
    for over in (
        {"entries": [half, half, {"text": "a"}]},
        {"articleAndParentComment": {"article": half, "parentComment": {"text": "a" * 51_201}}},
    ):
        answer = call(suggestion(context=over), path=SUGGEST)
        assert (answer.status, answer.message) == (400, "Context too long: at most 102400 bytes are kept.")
    assert Feedback.objects.count() == 1


@pytest.mark.django_db
def test_a_call_over_a_mebibyte_is_refused_before_it_is_read(call: Any, body: Any) -> None:
    padded = json.dumps(body()) + " " * MAX_CALL_BYTES
    answer = call(padded)
    assert (answer.status, answer.message) == (400, "Request payload size exceeds the limit: 1048576 bytes.")
    assert call(padded[:MAX_CALL_BYTES]).status == 200


@pytest.mark.django_db
def test_many_unknown_query_parameters_are_told_up_to_the_bound(call: Any, body: Any) -> None:
    answer = call(body(), query="".join(f"&x{number}=1" for number in range(900)))
    assert answer.status == 400
    assert len(answer.error["details"][0]["fieldViolations"]) == MAX_VIOLATIONS
