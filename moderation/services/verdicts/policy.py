"""The active policy, parsed once per version."""

from functools import lru_cache

from moderation.models import PolicyVersion
from moderation.policies import Policy, parse_policy
from moderation.services.errors import ServiceError


@lru_cache(maxsize=16)
def _parsed(sha256: str, version: int) -> Policy:
    return parse_policy(PolicyVersion.objects.get(version=version, sha256=sha256).body, version=version)


def policy_active() -> tuple[PolicyVersion, Policy]:
    """Returns the active version and its parsed form; raises ServiceError if no policy is active."""
    version = PolicyVersion.objects.filter(active=True).defer("body").first()
    if version is None:
        raise ServiceError("conflict", "No policy is active: run `manage.py migrate`, which adds the built-in one.")
    return version, _parsed(version.sha256, version.version)
