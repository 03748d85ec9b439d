"""Models, read-only."""

from moderation.api.access import read
from moderation.api.serializers.outputs import ModelOut
from moderation.api.views.base import ListView
from moderation.models import ModelVersion


class ModelList(ListView):
    """The models that this installation has scored with; one is active."""

    access = {"GET": read("moderation.view_modelversion")}
    source_path = ""
    queryset = ModelVersion.objects.all()
    serializer_class = ModelOut
