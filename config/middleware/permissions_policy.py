"""Permissions-Policy: the browser features that no page of ours may use."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# No page uses these, so an injected script should not be able to either.
FORBIDDEN = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)


PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in FORBIDDEN)


class PermissionsPolicyMiddleware:
    """Sends Permissions-Policy with every response; must come before middleware that responds by itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Stores the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Returns the response with the header."""
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response
