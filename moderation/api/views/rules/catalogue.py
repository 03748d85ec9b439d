"""Models and reasons, read-only."""

from typing import Any

from moderation.api.requests.access import read
from moderation.api.serializers.catalogue import ModelOut, ReasonOut
from moderation.api.views.base import ListView
from moderation.models import ModelVersion, Reason
from moderation.scoring.catalogue.routing import languages_routed
from moderation.services.model_versions import languages_allowed, models_ordered


class ModelList(ListView):
    """The models that this installation has scored with; active ones share the languages."""

    access = {"GET": read("moderation.view_modelversion")}
    source_path = ""
    queryset = ModelVersion.objects.all()
    serializer_class = ModelOut

    def get_serializer_context(self) -> dict[str, Any]:
        """Adds who serves which language."""
        active = models_ordered(ModelVersion.objects.filter(active=True))
        return {**super().get_serializer_context(), "routes": languages_routed(active, languages_allowed())}


class ReasonList(ListView):
    """The reasons that decisions, mutes and readers' reports may give."""

    access = {"GET": read("moderation.view_reason")}
    source_path = ""
    queryset = Reason.objects.all()
    serializer_class = ReasonOut
