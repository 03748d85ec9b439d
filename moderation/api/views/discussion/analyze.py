"""Scores texts without storing them."""

from rest_framework.request import Request
from rest_framework.response import Response

from moderation.api.requests.access import Access
from moderation.api.responses.schema import described
from moderation.api.serializers.analysis import AnalyzeOut
from moderation.api.serializers.inputs import AnalyzeIn
from moderation.api.views.base import ApiView
from moderation.models import Score
from moderation.services.online_scoring.analyze import texts_analyze


class Analyze(ApiView):
    """The active model's scores and the active policy's verdicts for texts."""

    access = {"POST": Access("analyze", ("moderation.analyze",))}
    queryset = Score.objects.none()
    serializer_class = AnalyzeOut
    body_class = AnalyzeIn

    @described(request=AnalyzeIn, responses=AnalyzeOut)
    def post(self, request: Request) -> Response:
        """Scores up to 100 texts; nothing is stored. A text that the model refuses has an error in its place."""
        return Response(AnalyzeOut(texts_analyze(**self.body())).data)
