"""Permissions-Policy: what no page of ours may ask a browser for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Nothing here takes a picture, hears, locates or pays: a script that got in should not either.
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
    """Sends Permissions-Policy with every response; it stands ahead of what answers by itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Remembers what answers."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Returns the response with the header."""
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response
