"""The active policy, parsed once per version."""

from dataclasses import replace
from functools import lru_cache

from django.utils.translation import gettext as _

from moderation.models import PolicyVersion, Rollout
from moderation.policies import Policy, parse_policy
from moderation.services.errors import ServiceError


@lru_cache(maxsize=16)
def _parsed(sha256: str, version: int, braked: frozenset[str] | None) -> Policy:
    policy = parse_policy(PolicyVersion.objects.get(version=version, sha256=sha256).body, version=version)
    rules = frozenset(rule.id for rule in policy.automatic) if braked is None else braked
    return replace(policy, braked=rules)


def policy_parsed(version: PolicyVersion) -> Policy:
    """Returns the version's policy as it may act now; raises PolicyError. No query if its rollout is loaded."""
    rollout = rollout_of(version)
    braked = frozenset(rollout.braked_rules) if rollout else frozenset()
    return _parsed(version.sha256, version.version, None if rollout and rollout.braked_at else braked)


def rollout_of(version: PolicyVersion) -> Rollout | None:
    """Returns the version's rollout, None if it never left the draft, or came with the installation."""
    return getattr(version, "rollout", None)


def policy_active() -> tuple[PolicyVersion, Policy]:
    """Returns the active version and its parsed form; raises ServiceError if no policy is active."""
    version = PolicyVersion.objects.filter(active=True).select_related("rollout").defer("body").first()
    return active_or_refused(version)


def active_or_refused(version: PolicyVersion | None) -> tuple[PolicyVersion, Policy]:
    """Returns the version and its parsed form; raises ServiceError if there is none."""
    if version is None:
        said = _("No policy is active: run `manage.py migrate`, which adds the built-in one.")
        raise ServiceError("conflict", said)
    return version, policy_parsed(version)
