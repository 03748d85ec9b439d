"""Who may call an endpoint: the rule each view declares, and the sources a caller is limited to."""

from dataclasses import dataclass

from rest_framework.request import Request

from moderation.models import ApiKey
from moderation.services.accounts.api_keys import key_sources
from moderation.services.accounts.source_limits import user_sources


@dataclass(frozen=True, slots=True)
class Access:
    """What one method of one endpoint requires: a key's `scope`, or all `permissions` of a signed-in user."""

    scope: str
    permissions: tuple[str, ...]


def read(*permissions: str) -> Access:
    """Returns the rule for a GET: the scope `read`, or these view permissions."""
    return Access("read", permissions)


def write(*permissions: str) -> Access:
    """Returns the rule for methods that store or change rows of the archive."""
    return Access("write", permissions)


def request_sources(request: Request) -> frozenset[int]:
    """Returns the ids of the sources that the caller is limited to; empty means no limit. At most one query."""
    if isinstance(request.auth, ApiKey):
        return key_sources(request.auth)
    return user_sources(request.user)
