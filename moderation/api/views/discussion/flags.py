"""Readers' reports on a comment."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import Comment
from moderation.api.requests.access import write
from moderation.api.responses.schema import described
from moderation.api.serializers.decisions import FlagOut
from moderation.api.serializers.inputs import FlagIn
from moderation.api.views.base import ApiView
from moderation.services.intake.ingest import flag_store


class CommentFlags(ApiView):
    """Stores a reader's report. The caller identifies the reporter; the comment's state does not change."""

    access = {"POST": write("moderation.add_readerflag")}
    queryset = Comment.objects.only("id")
    serializer_class = FlagOut
    body_class = FlagIn

    @described(request=FlagIn, responses={201: FlagOut, 200: FlagOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Stores the report; the same reporter and reason count once per comment."""
        flag, outcome = flag_store(comment=self.get_object(), **self.body())
        body = FlagOut({"flag": flag, "outcome": outcome}).data
        return Response(body, status=201 if outcome == "created" else 200)
