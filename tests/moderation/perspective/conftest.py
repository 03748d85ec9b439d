"""Fixtures that call the Perspective API as its clients do: bodies as text or JSON, keys in the query."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"
IDIOT = "You are a stupid idiot and nobody likes you."


@dataclass(frozen=True, slots=True)
class Answer:
    """A response."""

    status: int
    body: Any
    headers: Any

    @property
    def error(self) -> Any:
        """The error inside the envelope."""
        return self.body["error"]

    @property
    def message(self) -> str:
        """The error's message."""
        return str(self.error["message"])

    @property
    def error_type(self) -> str:
        """The analyzer's error type."""
        return str(self.error["details"][0]["errorType"])

    def score(self, attribute: str = "TOXICITY") -> float:
        """An attribute's summary score."""
        return float(self.body["attributeScores"][attribute]["summaryScore"]["value"])


Call = Callable[..., Answer]


@pytest.fixture
def key(api_key: Callable[..., str]) -> str:
    """A key with the scope that the API requires."""
    return api_key("analyze")


@pytest.fixture
def call(key: str) -> Call:
    """`call({...}, path=…, key=…, query="&fields=…", headers={…})` posts a body and returns the response."""

    def post(body: Any, *, path: str = ANALYZE, key: str | None = key, query: str = "", headers: Any = None) -> Answer:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        address = f"{path}?key={key}{query}" if key is not None else f"{path}?{query.removeprefix('&')}"
        client = Client(raise_request_exception=False)
        response = client.post(address, data=data, content_type="application/json", headers=headers or {})
        return Answer(response.status_code, json.loads(response.content), response.headers)

    return post


def analyze_body(text: str = IDIOT, **fields: Any) -> dict[str, Any]:
    """Returns a typical request."""
    return {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, **fields}


@pytest.fixture
def body() -> Callable[..., dict[str, Any]]:
    """Builds request bodies."""
    return analyze_body
