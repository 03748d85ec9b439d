"""Flagged comments with their scores and reasons: the list that a newsroom works through."""

from typing import Any

from django.db.models import F, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from moderation.api.requests.access import read
from moderation.api.requests.filters import FlaggedFilter
from moderation.api.requests.orderings import BY_STATUS
from moderation.api.responses.shown import with_comment
from moderation.api.serializers.comments import CommentOut
from moderation.api.views.base import ListView
from moderation.models import Review


class FlaggedList(ListView):
    """Comments whose current verdict flags them, including decided ones."""

    access = {"GET": read("archive.view_comment", "moderation.view_review")}
    queryset = with_comment(Review.objects.flagged())
    serializer_class = CommentOut
    filterset_class = FlaggedFilter
    orderings = BY_STATUS
    ordering = "-created_at"
    text = "comment__text"

    def get_queryset(self) -> QuerySet[Any]:
        """Returns the reviews of current texts; an edited comment is unscored until it is judged again."""
        return super().get_queryset().filter(comment__taken_revision__gte=F("comment__revision"))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Returns a page of comments, filtered and ordered by their reviews."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(CommentOut([review.comment for review in page], many=True).data)
