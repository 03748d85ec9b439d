"""Login lockout: a name at an address after some wrong passwords, an address after more, counted over all names.

A name is never locked for other addresses, so nobody can lock a colleague out from elsewhere.
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

# Whoever has one IPv6 address has its whole /64.
SUBNET_V6 = 64


def lockout_address(request: HttpRequest) -> str | None:
    """Returns the address that failures count for, the first of its /64 for IPv6; None for a Unix socket."""
    address = address_read(request.META.get("REMOTE_ADDR", ""))
    if isinstance(address, IPv6Address):
        address = ip_network((int(address), SUBNET_V6), strict=False)[0]
    return str(address) if address else None


class LockoutHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """Counts failures by name and address, as axes does, and by address over all names."""

    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        """Returns the failures to compare with AXES_FAILURE_LIMIT: the limit itself if the address is at its own."""
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
