"""DRF's throttle for API keys, backed by the rate limiter in `moderation.services.accounts.api_keys`."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from moderation.models import ApiKey
from moderation.services.accounts.api_keys import request_allow
from moderation.services.accounts.rate_limits import Allowance


def rate_headers(allowance: Allowance | None) -> dict[str, str]:
    """Returns the headers that tell a key what is left of its rate; none without a rate."""
    if allowance is None or allowance.limit is None:
        return {}
    return {
        "RateLimit-Limit": str(allowance.limit),
        "RateLimit-Remaining": str(allowance.remaining),
        "RateLimit-Reset": str(allowance.reset),
    }


class KeyThrottle(BaseThrottle):
    """Counts a request against its key. Signed-in people are not limited."""

    allowance: Allowance | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        """Returns whether the key is within its rate."""
        if not isinstance(request.auth, ApiKey):
            return True
        self.allowance = request_allow(key=request.auth)
        request.allowance = self.allowance  # type: ignore[attr-defined]
        return self.allowance.allowed

    def wait(self) -> float | None:
        """Returns the seconds to wait before a retry; at least one, so that Retry-After is always sent."""
        return max(1, self.allowance.retry_after) if self.allowance else None
