"""Models, policies and reasons, read-only."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from archive.database.keyset import Key
from moderation.api.access import read
from moderation.api.serializers.outputs import ModelOut, PolicyOut, ReasonOut
from moderation.api.views.base import ApiView, ListView
from moderation.models import ModelVersion, PolicyVersion, Reason


class ModelList(ListView):
    """The models that this installation has scored with; one is active."""

    access = {"GET": read("moderation.view_modelversion")}
    source_path = ""
    queryset = ModelVersion.objects.all()
    serializer_class = ModelOut


class ReasonList(ListView):
    """The reasons that decisions, mutes and readers' reports may give."""

    access = {"GET": read("moderation.view_reason")}
    source_path = ""
    queryset = Reason.objects.all()
    serializer_class = ReasonOut


class PolicyList(ListView):
    """The versions of the policy; one is active."""

    access = {"GET": read("moderation.view_policyversion")}
    source_path = ""
    queryset = PolicyVersion.objects.select_related("author")
    serializer_class = PolicyOut
    orderings = {"version": Key("version")}
    ordering = "-version"


class PolicyDetail(ApiView):
    """One version of the policy."""

    access = {"GET": read("moderation.view_policyversion")}
    source_path = ""
    queryset = PolicyVersion.objects.select_related("author")
    serializer_class = PolicyOut
    lookup_field = "version"
    lookup_url_kwarg = "version"

    def get(self, request: Request, **_: Any) -> Response:
        """Returns the version."""
        return Response(PolicyOut(self.get_object()).data)
