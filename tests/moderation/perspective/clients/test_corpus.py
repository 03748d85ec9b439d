"""Every form of request that the contract shows, each with its malformed neighbours (`corpus.json`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

CORPUS = json.loads((Path(__file__).parent / "corpus.json").read_text(encoding="utf-8"))
TAKEN = [request for request in CORPUS if request["status"] == 200]
STATUSES = {400: "INVALID_ARGUMENT"}

pytestmark = pytest.mark.django_db


def by_name(requests: list[Any]) -> list[Any]:
    return [pytest.param(request, id=request["name"]) for request in requests]


def in_envelope(answer: Any) -> bool:
    """Whether an error has Google's form, code and status in agreement."""
    error = answer.body["error"]
    return set(answer.body) == {"error"} and (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("request_", by_name(CORPUS))
def test_each_request_gets_its_answer(call: Any, request_: Any) -> None:
    answer = call(request_["body"], path=request_["path"])
    assert answer.status == request_["status"]
    assert request_["is"] in json.dumps(answer.body)
    assert answer.status == 200 or in_envelope(answer)
    if request_ in TAKEN and request_["path"].endswith("analyze"):
        for scores in answer.body["attributeScores"].values():
            assert scores["spanScores"]
            assert 0 <= scores["summaryScore"]["value"] <= 1


@pytest.mark.parametrize("request_", by_name(TAKEN))
def test_its_neighbours_are_answered_or_refused_in_the_envelope(call: Any, request_: Any) -> None:
    """Cut short, and with each mark of JSON left out or doubled."""
    body = request_["body"]
    places = [place for place, character in enumerate(body) if character in "{}[]:,\"'\\"]
    neighbours = [body[:place] for place in places[1:]]
    neighbours += [body[:place] + body[place + 1 :] for place in places]
    neighbours += [body[: place + 1] + body[place:] for place in places]
    for neighbour in neighbours[:: max(1, len(neighbours) // 20)]:
        answer = call(neighbour, path=request_["path"])
        assert answer.status == 200 or in_envelope(answer), neighbour
