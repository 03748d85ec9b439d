"""Answers load balancers, which ask by IP address: before anything looks at the host's name."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from moderation.api.health import healthz, readyz

PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {"/healthz": healthz, "/readyz": readyz}


class ProbeMiddleware:
    """Serves `/healthz` and `/readyz`, which reveal nothing and build no address from the host, for any `Host`.

    What says how long a response is comes later in the chain, so that it is said here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Returns the probe's answer, or the response."""
        probe = PROBES.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        response = probe(request)
        response.headers["Content-Length"] = str(len(response.content))
        return response
