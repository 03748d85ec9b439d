"""Sources: created and changed by operators, read by all callers with access."""

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import Source
from moderation.api.requests.access import read, write
from moderation.api.responses.schema import described
from moderation.api.serializers.archive import SourceOut
from moderation.api.serializers.inputs import SourceChangeIn, SourceIn
from moderation.api.views.base import ApiView, ListView
from moderation.services.intake.ingest import source_change, source_create


class SourceList(ListView):
    """All sources that the caller may see."""

    access = {"GET": read("archive.view_source"), "POST": write("archive.add_source")}
    source_path = "pk"
    queryset = Source.objects.order_by("id")
    serializer_class = SourceOut
    body_class = SourceIn

    @described(request=SourceIn, responses={201: SourceOut})
    def post(self, request: Request) -> Response:
        """Creates a source. A slug that is taken is a conflict: use PATCH to change that source."""
        if self.allowed_sources:
            raise PermissionDenied("A caller who is limited to some sources cannot create others.")
        return Response(SourceOut(source_create(**self.body())).data, status=201)


class SourceDetail(ApiView):
    """One source."""

    access = {"GET": read("archive.view_source"), "PATCH": write("archive.change_source")}
    source_path = "pk"
    queryset = Source.objects.all()
    serializer_class = SourceOut
    body_class = SourceChangeIn

    def get(self, request: Request, **_: Any) -> Response:
        """Returns the source."""
        return Response(SourceOut(self.get_object()).data)

    @described(request=SourceChangeIn)
    def patch(self, request: Request, **_: Any) -> Response:
        """Changes the given fields."""
        return Response(SourceOut(source_change(source=self.get_object(), **self.body())).data)
