"""Models and reasons, read-only."""

from moderation.api.access import read
from moderation.api.serializers.catalogue import ModelOut, ReasonOut
from moderation.api.views.base import ListView
from moderation.models import ModelVersion, Reason


class ModelList(ListView):
    """The models that this installation has scored with; active ones share the languages."""

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
