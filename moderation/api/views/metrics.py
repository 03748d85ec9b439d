"""This process's metrics, for Prometheus."""

from django.http import HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from rest_framework.request import Request
from rest_framework.views import APIView

import moderation.services.backlog  # noqa: F401 - its gauges are registered
from moderation.api.requests.access import read
from moderation.api.requests.permissions import ScopeOrPermission
from moderation.api.views.base import Endpoint


class Metrics(Endpoint, APIView):
    """Counters, histograms and gauges in Prometheus's text format; each process counts for itself.

    It needs a key with the scope `read` (`authorization: {credentials: KEY}` in Prometheus): a newsroom's paths and
    volumes are confidential.
    """

    access = {"GET": read("moderation.view_review")}
    permission_classes = [ScopeOrPermission]
    schema = None

    def get(self, request: Request) -> HttpResponse:
        """Returns the current values."""
        return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
