"""Fixtures for the API's tests: clients, and comments scored by the model or by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

from archive.models import Comment
from moderation.models import ModelVersion, Review, Score, State
from moderation.services.online_scoring.posted import comments_admit

SCOPES = ("read", "write", "analyze", "moderate", "policy", "privacy", "statistics", "appeal")
ABUSE = "You are a stupid idiot and everybody hates you."
CALM = "The minister spoke on Tuesday about the new road, and the house listened."


@pytest.fixture
def api(client_with: Callable[..., APIClient]) -> APIClient:
    """A client with every scope."""
    return client_with(*SCOPES)


@pytest.fixture
def anonymous() -> APIClient:
    """A client without a key."""
    return APIClient(raise_request_exception=False)


@pytest.fixture
def signed_in(db: None) -> Callable[..., APIClient]:
    """Creates signed-in clients: `signed_in("moderator")` is in that group; `enforce_csrf_checks` as in production."""

    def make(*groups: str, enforce_csrf_checks: bool = False, sources: Any = ()) -> APIClient:
        user = User.objects.create_user(f"user-{User.objects.count()}")
        user.groups.set(Group.objects.filter(name__in=groups))
        if sources:
            from moderation.models import Moderator

            Moderator.objects.create(user=user).sources.set(sources)
        client = APIClient(enforce_csrf_checks=enforce_csrf_checks, raise_request_exception=False)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def model_version(db: None) -> ModelVersion:
    """A registered, active model for scores that tests create themselves."""
    return ModelVersion.objects.create(name="compact", version=1, sha256="0" * 64, attributes=["toxicity"], active=True)


@pytest.fixture
def judged(make_comment: Callable[..., Comment], model_version: ModelVersion) -> Callable[..., Review]:
    """Creates comments with a given review and score: `judged(scores={"toxicity": 0.9}, state="pending")`."""

    def make(text: str = "A remark.", *, scores: dict[str, float] | None = None, **columns: Any) -> Review:
        of_comment = {name: columns.pop(name) for name in tuple(columns) if name in COMMENT_COLUMNS}
        comment = make_comment(text, taken_revision=1, **of_comment)
        score = None
        if scores is not None:
            score = Score.objects.create(
                comment=comment, model=model_version, revision=1, text_hash=comment.text_hash, language="en", **scores
            )
        defaults: dict[str, Any] = {"state": State.PENDING, "flagged": True, "score": score, "verdict": verdict(scores)}
        return Review.objects.create(
            comment=comment,
            source=comment.source,
            article=comment.article,
            created_at=comment.created_at,
            **{**defaults, **columns},
        )

    return make


@pytest.fixture
def scored(make_comment: Callable[..., Comment]) -> Callable[..., Comment]:
    """Creates comments that the embedded model has scored and the active policy has judged."""

    def make(text: str, **columns: Any) -> Comment:
        comment = make_comment(text, **columns)
        with comments_admit(texts=[comment.text]) as posted:
            posted.score(comment_ids=[comment.pk], deadline=time.monotonic() + 60)
        comment.refresh_from_db()
        return comment

    return make


COMMENT_COLUMNS = {"article", "source", "created_at", "language", "commenter", "parent", "external_id"}


def verdict(scores: dict[str, float] | None) -> dict[str, Any]:
    """Returns a verdict with all the scores as its reasons."""
    reasons = [{"attribute": name, "score": value, "threshold": 0.5} for name, value in (scores or {}).items()]
    return {"action": "queue", "flagged": True, "rule": "by-hand", "policy": 1, "reasons": reasons}
