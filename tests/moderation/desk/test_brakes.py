"""A brake is told at the desk: to the version's author, until it is off."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from moderation.models import Rollout
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.versions import policy_create

pytestmark = pytest.mark.django_db
RULE = {"id": "r", "when": {"any": [{"attribute": "toxicity", "gte": 0.5}]}, "action": "reject"}


@pytest.fixture
def braked(staff: Callable[..., Client]) -> tuple[Client, int]:
    """The author of a braked version, signed in, and its number."""
    client = staff("administrator")
    author = User.objects.get(pk=client.session["_auth_user_id"])
    body = {"schema": 2, "name": "Ours", "rules": [RULE]}
    version = policy_create(body=body, actor=author).version.version
    policy_activate(version=version, actor=None)
    Rollout.objects.update(braked_at=timezone.now(), judged=40, automatic=3)
    return client, version


def page(client: Client, desk: Callable[..., str]) -> str:
    return client.get(desk("queue", "pending")).content.decode()


def test_the_author_is_told_until_the_brake_is_off(braked: tuple[Client, int], desk: Callable[..., str]) -> None:
    client, version = braked
    told = page(client, desk)
    assert f"Version {version} of the policy is braked since" in told
    assert "on 3 of 40 comments" in told
    policy_activate(version=version, actor=None)
    assert "is braked since" not in page(client, desk)


def test_others_are_not_told(braked: tuple[Client, int], desk: Callable[..., str], staff: Any) -> None:
    assert "is braked since" not in page(staff("senior"), desk)


def test_of_a_version_that_nobody_wrote_all_are_told_who_may_activate(
    braked: tuple[Client, int], desk: Callable[..., str], staff: Any
) -> None:
    policy = Rollout.objects.get().policy
    type(policy).objects.filter(pk=policy.pk).update(author=None, activated_by=None)
    assert "is braked since" in page(staff("senior"), desk)
    assert "is braked since" not in page(staff("moderator"), desk)
