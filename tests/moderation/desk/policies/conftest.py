"""Fixtures for the pages of a rollout: an active version, and somebody who may do everything with it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from moderation.models import Rollout
from moderation.services.policies.rollout.activation import policy_activate

Make = Callable[..., Any]


@pytest.fixture
def administrator(staff: Make) -> Client:
    """Somebody who may activate policies, such as act without a person too."""
    client: Client = staff("administrator")
    return client


@pytest.fixture
def active(write_policy: Make) -> int:
    """The active version, which is watched no longer: it rejects from 0.9 on and queues from 0.5 on."""
    version = policy_activate(version=write_policy(("r", "reject", 0.9), ("q", "queue", 0.5)), actor=None).version
    Rollout.objects.update(effective_at=None)
    return version
