"""When a login is locked: a name at an address after some wrong passwords, an address after more, over all names.

An address alone never locks a name: nobody locks a colleague out from elsewhere.
"""

from ipaddress import IPv6Address, ip_network
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest

from config.middleware.proxies import address_read

# Whoever has one address of version 6 has all of these.
SUBNET_V6 = 64


def lockout_address(request: HttpRequest) -> str | None:
    """Returns the address that failures are counted for; of version 6 the first of its /64. None at a Unix socket."""
    address = address_read(request.META.get("REMOTE_ADDR", ""))
    if isinstance(address, IPv6Address):
        address = ip_network((int(address), SUBNET_V6), strict=False)[0]
    return str(address) if address else None


class LockoutHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """Counts failures of a name at an address, as axes does, and those of the address over all names."""

    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        """Returns the failures that count against AXES_FAILURE_LIMIT; an address at its own limit is over it."""
        failures: int = super().get_failures(request, credentials)
        if failures < settings.AXES_FAILURE_LIMIT and self._address_failures(request) >= settings.LOGIN_ADDRESS_LIMIT:
            return int(settings.AXES_FAILURE_LIMIT)
        return failures

    @staticmethod
    def _address_failures(request: Any) -> int:
        recent = AccessAttempt.objects.filter(
            ip_address=request.axes_ip_address, attempt_time__gte=get_cool_off_threshold(request)
        )
        return recent.aggregate(sum=Sum("failures_since_start"))["sum"] or 0
