"""What this process counts, for Prometheus."""

from django.http import HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from rest_framework.request import Request
from rest_framework.views import APIView

from moderation.api.access import read
from moderation.api.permissions import ScopeOrPermission
from moderation.api.views.base import Endpoint


class Metrics(Endpoint, APIView):
    """Counts, durations and gauges of this process in Prometheus's text form; each process counts for itself.

    A key with the scope `read` opens it (`authorization: {credentials: KEY}` in Prometheus): paths and volumes of a
    newsroom are nobody else's business.
    """

    access = {"GET": read("moderation.view_review")}
    permission_classes = [ScopeOrPermission]
    schema = None

    def get(self, request: Request) -> HttpResponse:
        """Returns the present values."""
        return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
