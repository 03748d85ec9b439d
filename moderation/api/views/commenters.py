"""Commenters: who wrote comments, who of them is muted, and muting, which holds their new comments."""

from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import Commenter
from moderation.api.requests.access import Access, read
from moderation.api.requests.filters import CommenterFilter
from moderation.api.responses.schema import described
from moderation.api.serializers.archive import CommenterDetailOut, CommenterListedOut
from moderation.api.serializers.decisions import DecisionOut
from moderation.api.serializers.inputs import MuteIn
from moderation.api.views.base import ApiView, ListView
from moderation.api.views.discussion.decisions import decider, decisions_shown
from moderation.models import Mute
from moderation.services.review.mutes import commenter_mute, commenter_record, commenter_unmute

MUTE = "moderation.mute"
RULE = Access("moderate", (MUTE,))


def with_mutes(commenters: QuerySet[Commenter]) -> QuerySet[Commenter]:
    """Returns the commenters with `muted` and `muted_until`, in one query."""
    mutes = Mute.objects.active(timezone.now()).filter(commenter=OuterRef("pk"))
    until = Subquery(mutes.values("until")[:1])
    return commenters.select_related("source").annotate(muted=Exists(mutes), muted_until=until)


class CommenterList(ListView):
    """Commenters by source, id or name, each with whether their new comments are held."""

    access = {"GET": read("archive.view_commenter", "moderation.view_mute")}
    queryset = Commenter.objects.all()
    serializer_class = CommenterListedOut
    filterset_class = CommenterFilter

    def get_queryset(self) -> QuerySet[Commenter]:
        """Returns the commenters with their mutes as they are now."""
        return with_mutes(super().get_queryset())


class CommenterDetail(ApiView):
    """One commenter."""

    access = {"GET": read("archive.view_commenter", "moderation.view_mute", "moderation.view_review")}
    queryset = Commenter.objects.all()
    serializer_class = CommenterDetailOut

    def get_queryset(self) -> QuerySet[Commenter]:
        """Returns the commenters with their mutes as they are now."""
        return with_mutes(super().get_queryset())

    def get(self, request: Request, **_: Any) -> Response:
        """Returns the commenter with counts over their last 1,000 comments. Who looked is recorded."""
        commenter = self.get_object()
        record = commenter_record(commenter_id=commenter.pk, actor=cast("User", request.user))
        return Response(CommenterDetailOut(commenter, context={"record": record}).data)


class CommenterMute(ApiView):
    """Mutes and unmutes a commenter."""

    access = {"POST": RULE, "DELETE": RULE}
    queryset = Commenter.objects.only("id", "source")
    body_class = MuteIn

    @described(request=MuteIn, responses={201: DecisionOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Holds the commenter's new comments, until a time or indefinitely; returns the ledger row."""
        commenter, fields = self.get_object(), self.body()
        fields["comment_id"] = fields.pop("comment", None)
        person = fields.pop("on_behalf_of", "")
        who = decider(request, on_behalf_of=person, permission=MUTE, source_ids=[commenter.source_id])
        mute = commenter_mute(commenter_id=commenter.pk, **who, **fields)
        return Response(DecisionOut(decisions_shown().get(pk=mute.decision_id)).data, status=201)

    @described(responses={200: DecisionOut})
    def delete(self, request: Request, **_: Any) -> Response:
        """Ends the mute; held comments stay held until somebody decides. Returns the ledger row."""
        decision = commenter_unmute(commenter_id=self.get_object().pk, **decider(request))
        return Response(DecisionOut(decisions_shown().get(pk=decision.pk)).data)
