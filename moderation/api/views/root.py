"""The map of the API: where everything is, what can be done there, and what it is about."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, get_resolver, reverse
from drf_spectacular.plumbing import get_doc
from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import Comment
from moderation.api.requests.access import read
from moderation.api.responses.schema import described
from moderation.api.serializers.catalogue import EndpointsOut
from moderation.api.views.base import ApiView

URLS = "moderation.api.urls"
NAMED = re.compile(r"<(?:\w+:)?(\w+)>")


class ApiMap(ApiView):
    """The map of this API."""

    access = {"GET": read("archive.view_comment")}
    queryset = Comment.objects.none()
    serializer_class = EndpointsOut

    @described(responses=EndpointsOut)
    def get(self, request: Request) -> Response:
        """Returns the endpoints with their methods; `schema/` has the details."""
        return Response(EndpointsOut({"endpoints": list(endpoints(request.build_absolute_uri(reverse("root"))))}).data)


def endpoints(root: str) -> Iterator[dict[str, Any]]:
    """Yields each endpoint below `root`, in the order in which they are declared."""
    for pattern in get_resolver(URLS).url_patterns:
        if isinstance(pattern, URLPattern):
            view: Any = getattr(pattern.callback, "cls", None)
            url = root + NAMED.sub(r"{\1}", str(pattern.pattern))
            yield {"url": url, "methods": list(view.access), "about": get_doc(view).partition("\n")[0]}
