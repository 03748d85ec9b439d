"""Fixtures for the desk's tests: a moderator, and pending comments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from moderation.models import Review

HOSTILE = '<script>alert(1)</script><b onclick="x()">{{ 7|add:7 }} \u202e&amp;'


@pytest.fixture
def moderator(staff: Callable[..., Client]) -> Client:
    """A signed-in moderator of all sources."""
    return staff("moderator")


@pytest.fixture
def make_pending(make_comment: Callable[..., Any], make_review: Callable[..., Review]) -> Callable[..., Review]:
    """Creates a pending review: `make_pending("text", toxicity=0.9)`."""

    def make(text: str = "A rude remark.", **columns: Any) -> Review:
        own = {name: columns.pop(name) for name in ("language", "commenter", "parent", "article") if name in columns}
        return make_review(make_comment(text, **own), **{"toxicity": 0.9, **columns})

    return make


@pytest.fixture
def desk() -> Callable[..., str]:
    """Returns URLs: `desk("queue", "pending")`."""

    def address(name: str, *arguments: Any) -> str:
        return reverse(f"desk:{name}", args=arguments)

    return address


def seen(review: Review) -> str:
    """Returns the current version token as a page carries it."""
    review.refresh_from_db()
    return f"{review.pk}.{review.comment.revision}.{review.state_version}"


@pytest.fixture
def version() -> Callable[[Review], str]:
    """Returns a review's current version token, `ID.REVISION.STATE_VERSION`."""
    return seen


@pytest.fixture
def hostile() -> str:
    """A text with HTML, template and bidi injection."""
    return HOSTILE
