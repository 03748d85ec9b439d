"""The door to the one limiter (`moderation.services.accounts.api_keys`): DRF asks here, the service decides."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from moderation.models import ApiKey
from moderation.services.accounts.api_keys import Allowance, request_allow


class KeyThrottle(BaseThrottle):
    """Counts a request against its key. Signed-in people are not limited."""

    allowance: Allowance | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        """Returns whether the key still has room."""
        if not isinstance(request.auth, ApiKey):
            return True
        self.allowance = request_allow(key=request.auth)
        return self.allowance.allowed

    def wait(self) -> float | None:
        """Returns the seconds after which a retry helps; at least one, so that Retry-After is always sent."""
        return max(1, self.allowance.retry_after) if self.allowance else None
