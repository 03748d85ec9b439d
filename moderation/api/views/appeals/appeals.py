"""Appeals: made by a source for a reader, listed, and read. People decide them at the desk."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from moderation.api.requests.access import Access, read
from moderation.api.requests.filters import AppealFilter
from moderation.api.responses.schema import described
from moderation.api.serializers.appeals.appeals import AppealIn, AppealOut
from moderation.api.views.base import ApiView, ListView
from moderation.models import ApiKey, Appeal
from moderation.services.appeals.intake import appeal_make

READ = read("moderation.view_appeal")


def appeals_shown() -> QuerySet[Appeal]:
    """Returns appeals with everything that is shown of them, in one query."""
    unread = (f"comment__{name}" for name in ("raw", "text", "meta", "seal_key"))
    return Appeal.objects.select_related("comment__source", "decided_by").defer(*unread)


class AppealList(ListView):
    """Appeals, oldest first."""

    access = {"GET": READ, "POST": Access("appeal", ("moderation.add_appeal",))}
    source_path = "comment__source"
    queryset = appeals_shown()
    serializer_class = AppealOut
    filterset_class = AppealFilter
    ordering = "id"
    body_class = AppealIn

    @described(request=AppealIn, responses={201: AppealOut, 200: AppealOut}, filters=False)
    def post(self, request: Request, **_: Any) -> Response:
        """Makes an appeal against a rejection that stands. The same one sent again is returned as it is, with 200.

        A decision has one open appeal at a time, and MODERATION_APPEAL_DAYS days in which one is made. Another person
        than the one who decided decides it, at the desk.
        """
        body = self.body()
        key = request.auth.name if isinstance(request.auth, ApiKey) else ""
        decision = body.pop("decision")
        appeal, new = appeal_make(decision_id=decision, api_key=key, sources=self.allowed_sources, **body)
        return Response(AppealOut(appeals_shown().get(pk=appeal.pk)).data, status=201 if new else 200)


class AppealDetail(ApiView):
    """One appeal."""

    access = {"GET": READ}
    source_path = "comment__source"
    queryset = appeals_shown()
    serializer_class = AppealOut

    @described(responses=AppealOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Returns the appeal, with its outcome once it is decided."""
        return Response(AppealOut(self.get_object()).data)
