"""A person's or a comment's data: exported, and erased once it was exported."""

import time
from collections.abc import Iterator
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import Comment, Commenter
from moderation.api.requests.access import Access
from moderation.api.responses.schema import described
from moderation.api.serializers.privacy import ErasureIn, ErasureOut
from moderation.api.views.base import ApiView
from moderation.api.views.discussion.decisions import decider
from moderation.models import Erasure
from moderation.services.privacy.erasures import comment_erasure, commenter_erasure, erasure_receipt, erasure_run
from moderation.services.privacy.export import comment_export_lines, commenter_export_lines, export_note

RULE = Access("privacy", ("moderation.erase",))
LINES = "application/x-ndjson"
# A request erases for so long; what is left is erased when it is sent again.
REQUEST_SECONDS = 20.0
EXPORTED = {(200, LINES): OpenApiTypes.STR}


def streamed(lines: Iterator[str]) -> StreamingHttpResponse:
    """Returns the lines as a download."""
    response = StreamingHttpResponse(lines, content_type=LINES)
    response["Content-Disposition"] = 'attachment; filename="export.jsonl"'
    return response


def erased(erasure: Erasure) -> Response:
    """Goes on with the erasure and returns its receipt: 200 at its end, 202 if the request's time was over before."""
    end = time.monotonic() + REQUEST_SECONDS
    done = erasure_run(erasure=erasure, stop=lambda: time.monotonic() > end)
    return Response(ErasureOut(erasure_receipt(done)).data, status=200 if done.finished_at else 202)


class CommenterExport(ApiView):
    """All that is stored of a commenter."""

    access = {"GET": RULE}
    queryset = Commenter.objects.select_related("source")

    @described(responses=EXPORTED)
    def get(self, request: Request, **_: Any) -> StreamingHttpResponse:
        """Returns JSON Lines; the last one has the confirmation that erasing asks for. Who asked is recorded."""
        commenter = self.get_object()
        export_note(commenter=commenter, actor=cast("User", request.user))
        return streamed(commenter_export_lines(commenter=commenter))


class CommenterErase(ApiView):
    """Erases a commenter with all comments."""

    access = {"POST": RULE}
    queryset = Commenter.objects.select_related("source")
    body_class = ErasureIn

    @described(request=ErasureIn, responses={200: ErasureOut, 202: ErasureOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Erases for good, and returns the receipt.

        202 if the request's time was over before the end: send it again, and it goes on from there.
        """
        who = decider(request)
        return erased(commenter_erasure(commenter=self.get_object(), **self.body(), **who))


class CommentExport(ApiView):
    """All that is stored of a comment."""

    access = {"GET": RULE}
    queryset = Comment.objects.only("id", "source")

    @described(responses=EXPORTED)
    def get(self, request: Request, **_: Any) -> StreamingHttpResponse:
        """Returns JSON Lines; the last one has the confirmation that erasing asks for."""
        return streamed(comment_export_lines(comment=self.get_object()))


class CommentErase(ApiView):
    """Erases a comment."""

    access = {"POST": RULE}
    queryset = Comment.objects.only("id", "source", "erased_at")
    body_class = ErasureIn

    @described(request=ErasureIn, responses={200: ErasureOut, 202: ErasureOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Erases for good, and returns the receipt. Its id stays, so that no import brings it back."""
        return erased(comment_erasure(comment=self.get_object(), **self.body(), **decider(request)))
