"""Mutes commenters: their new comments are held."""

from typing import Any, cast

from django.contrib.auth.models import User
from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import Commenter
from moderation.api.access import Access
from moderation.api.schema import described
from moderation.api.serializers.inputs import MuteIn
from moderation.api.serializers.outputs import DecisionOut
from moderation.api.views.base import ApiView
from moderation.api.views.decisions import decisions_shown
from moderation.services.review.mutes import commenter_mute, commenter_unmute

RULE = Access("moderate", ("moderation.mute",))


class CommenterMute(ApiView):
    """Mutes and unmutes a commenter. In the ledger a key appears as its user, `key:NAME`."""

    access = {"POST": RULE, "DELETE": RULE}
    queryset = Commenter.objects.only("id")
    body_class = MuteIn

    @described(request=MuteIn, responses={201: DecisionOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Holds the commenter's new comments, until a time or indefinitely; returns the ledger row."""
        commenter, fields = self.get_object(), self.body()
        fields["comment_id"] = fields.pop("comment", None)
        mute = commenter_mute(commenter_id=commenter.pk, actor=cast("User", request.user), **fields)
        return Response(DecisionOut(decisions_shown().get(pk=mute.decision_id)).data, status=201)

    @described(responses={200: DecisionOut})
    def delete(self, request: Request, **_: Any) -> Response:
        """Ends the mute; held comments stay held until somebody decides. Returns the ledger row."""
        decision = commenter_unmute(commenter_id=self.get_object().pk, actor=cast("User", request.user))
        return Response(DecisionOut(decisions_shown().get(pk=decision.pk)).data)
