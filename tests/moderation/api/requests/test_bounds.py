"""Every string, list and query parameter has a bound, and what is over it is refused before it costs anything."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.test import APIClient

from archive.models import Article, Comment
from moderation.api.requests.parsers import json_decode
from moderation.api.responses.refusals import MAX_ERRORS
from moderation.api.serializers.fields import (
    AwareDateTimeField,
    BoundedList,
    BoundedText,
    OneOf,
    PolicyField,
    StrictBoolean,
    StrictSerializer,
    TextField,
)
from moderation.api.serializers.inputs import CommentIn
from moderation.api.serializers.policies.word_lists import EntriesField
from moderation.api.urls import urlpatterns
from moderation.api.views.base import MAX_PARAMETER_CHARACTERS
from moderation.json_tokens import MAX_TOKENS, token_count
from moderation.services.word_lists.lists import Author, word_list_create

COMMENTS = "/api/v1/comments/"
ITEM = {
    "source": "news",
    "external_id": "e" * 255,
    "article": {"external_id": "a1", "title": "t", "url": "https://news.example/a", "section": "Politics"},
    "parent_external_id": "p",
    "commenter": {"external_id": "c", "name": "n"},
    "text": "A text, with some commas, and [brackets], and {braces}.",
    "text_format": "plain",
    "language": "en",
    "created_at": "2024-05-01T10:00:00Z",
    "origin_state": "published",
}


def serializers_below(one: type[StrictSerializer]) -> Iterator[type[StrictSerializer]]:
    for made in one.__subclasses__():
        yield made
        yield from serializers_below(made)


def has(field: Any, validator: type[Any]) -> bool:
    return any(isinstance(one, validator) for one in field.validators)


def is_bounded(field: Any) -> bool:
    """Whether a field of a body takes no more than it says; its inner fields are looked at too."""
    if isinstance(field, StrictSerializer):
        return all(map(is_bounded, field.fields.values()))
    if isinstance(field, BoundedList):
        return is_bounded(field.child)
    if isinstance(field, serializers.IntegerField):
        return has(field, MaxValueValidator)
    if isinstance(field, serializers.FloatField):
        return has(field, MaxValueValidator) and has(field, MinValueValidator)
    if isinstance(field, TextField) and not isinstance(field, BoundedText):
        return has(field, MaxLengthValidator)
    return isinstance(field, BoundedText | OneOf | AwareDateTimeField | StrictBoolean | PolicyField | EntriesField)


BODIES = {
    f"{one.__name__}.{name}": field
    for one in serializers_below(StrictSerializer)
    for name, field in one().fields.items()
}


def test_the_walk_meets_the_bodies() -> None:
    assert {"CommentIn.text", "AnalyzeIn.texts", "MuteIn.comment", "ArticleIn.body"} <= set(BODIES)


@pytest.mark.parametrize("name", BODIES)
def test_every_field_of_every_body_has_a_bound(name: str) -> None:
    assert is_bounded(BODIES[name])


def parameters() -> Iterator[tuple[str, str, str]]:
    for pattern in urlpatterns:
        view = pattern.callback.view_class  # type: ignore[union-attr]
        address = (
            str(pattern.pattern).replace("<int:id>", "1").replace("<int:version>", "1").replace("<slug:name>", "slurs")
        )
        for method in view.access:
            for name in sorted(view().known_parameters(method)):
                yield method, address, name


PARAMETERS = list(parameters())


@pytest.mark.parametrize(("method", "address", "name"), PARAMETERS)
def test_every_query_parameter_has_a_longest_length(
    api: APIClient, article: Article, method: str, address: str, name: str
) -> None:
    word_list_create(name="slurs", entries=[], author=Author())
    value = "1" * (MAX_PARAMETER_CHARACTERS + 1)
    response = api.generic(method, f"/api/v1/{address}?{name}={value}", "{}", "application/json")
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert (error["pointer"], error["code"], error["limit"]) == (f"/{name}", "max_length", MAX_PARAMETER_CHARACTERS)


def test_many_unknown_parameters_are_told_up_to_a_hundred_and_shortened(api: APIClient) -> None:
    query = "&".join(f"{'x' * 500}{number}=1" for number in range(900))
    response = api.get(f"{COMMENTS}?{query}")
    assert response.status_code == 400
    assert len(response.json()["errors"]) == MAX_ERRORS
    assert len(response.content) < 100_000


def test_a_search_of_more_words_than_count_is_refused_with_the_limit(api: APIClient) -> None:
    assert api.get(COMMENTS, {"q": "word " * 16}).status_code == 200
    for address in (COMMENTS, "/api/v1/flagged/"):
        response = api.get(address, {"q": "word " * 17})
        assert response.status_code == 400
        assert response.json()["errors"][0]["limit"] == 16


def test_a_list_of_wrong_items_is_not_looked_at_past_a_hundred_faults(
    api: APIClient, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    real = CommentIn.run_validation

    def counting(self: Any, data: Any) -> Any:
        looked.append(data)
        return real(self, data)

    monkeypatch.setattr(CommentIn, "run_validation", counting)
    wrong = {f"x{number}": 1 for number in range(400)}
    response = api.post(COMMENTS, [wrong] * 100, format="json")
    assert response.status_code == 400
    assert len(response.json()["errors"]) == MAX_ERRORS
    assert "at least" in response.json()["detail"]
    assert len(looked) == 1
    assert not Comment.objects.exists()


def test_the_number_of_faults_is_told_as_it_is_up_to_a_hundred(api: APIClient) -> None:
    for count, words in ((99, "(99 more)"), (100, "(at least 100 more)"), (5000, "(at least 100 more)")):
        response = api.post("/api/v1/sources/", {"slug": "s", **{f"x{n}": 1 for n in range(count)}}, format="json")
        assert words in response.json()["detail"]  # the name is missing besides
        assert len(response.json()["errors"]) == MAX_ERRORS


def test_a_list_that_is_too_long_is_refused_before_its_items_are_looked_at(api: APIClient) -> None:
    response = api.post("/api/v1/analyze/", {"texts": [1] * 50_000}, format="json")
    (error,) = response.json()["errors"]
    assert (error["pointer"], error["code"], error["limit"]) == ("/texts", "max_length", 100)
    response = api.post("/api/v1/analyze/", {"text": "a", "attributes": ["toxicity"] * 101}, format="json")
    assert response.json()["errors"][0]["limit"] == 100


@pytest.mark.parametrize("value", ["x" * 100_000, ["x"] * 10_000, {"x" * 100_000: 1}], ids=["text", "list", "object"])
def test_a_word_that_is_none_of_the_choices_is_not_quoted_at_length(
    api: APIClient, make_comment: Callable[..., Comment], value: Any
) -> None:
    response = api.post(f"{COMMENTS}{make_comment().pk}/decisions/", {"action": value}, format="json")
    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "invalid_choice"
    assert len(response.content) < 1_000


def test_bad_characters_are_told_up_to_a_hundred_and_long_names_shortened(api: APIClient) -> None:
    response = api.post(COMMENTS, {f"{'k' * 1000}{n}": ["\0"] * 10 for n in range(500)}, format="json")
    assert response.status_code == 400
    assert len(response.json()["errors"]) == MAX_ERRORS
    assert len(response.content) < 100_000


@pytest.mark.parametrize(
    "part",
    ["[],", "{},", "1,", '"",', '{"a":1},', "[[]],"],
    ids=["lists", "objects", "numbers", "texts", "names", "deep"],
)
def test_a_body_of_many_parts_is_refused_before_they_are_made(part: str) -> None:
    text = f"[{part * 300_000}0]"
    tracemalloc.start()
    try:
        with pytest.raises(ParseError, match="100,000"):
            json_decode(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Of a slice, whatever the length of the body.
    assert peak < 500_000


def test_what_is_inside_a_text_is_no_part_of_the_body() -> None:
    text = '[],{},\\"' * MAX_TOKENS
    assert json_decode(json.dumps([text])) == [text]


def test_a_thousand_comments_with_every_field_fit(api: APIClient) -> None:
    assert set(ITEM) == set(CommentIn().fields)
    assert len(json_decode(json.dumps([ITEM] * 1000))) == 1000
    assert token_count(json.dumps([ITEM] * 1000)) < MAX_TOKENS * 3 / 4


def test_a_page_of_a_list_ends_where_its_texts_pass_the_bound(
    api: APIClient, make_comment: Callable[..., Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.api.requests.pagination.MAX_PAGE_CHARACTERS", 100)
    ids = [make_comment("a" * size).pk for size in (40, 60, 1, 300, 99)][::-1]
    found, address = [], f"{COMMENTS}?limit=4"
    while address:
        page = api.get(address).json()
        found.append([row["id"] for row in page["results"]])
        address, last = page["next"], page
    assert found == [ids[:1], ids[1:2], ids[2:4], ids[4:]]
    assert [row["id"] for row in api.get(last["previous"]).json()["results"]] == ids[2:4]


def test_a_default_page_of_the_longest_comments_is_read_at_once(api: APIClient, settings: Any) -> None:
    from moderation.api.requests.pagination import DEFAULT_LIMIT, MAX_PAGE_CHARACTERS

    assert DEFAULT_LIMIT * settings.MODERATION_MAX_TEXT_BYTES <= MAX_PAGE_CHARACTERS
