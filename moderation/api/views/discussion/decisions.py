"""Decisions: made on a comment, listed per comment, undone, and the feed for other systems."""

from collections.abc import Collection
from typing import Any, TypedDict, cast

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import Comment
from moderation.api.requests.access import Access, read
from moderation.api.requests.etags import IF_MATCH, if_match_parse
from moderation.api.requests.filters import DecisionFilter
from moderation.api.responses.schema import described
from moderation.api.serializers.decisions import BatchUndoneOut, DecisionOut
from moderation.api.serializers.inputs import DecisionIn, NothingIn, UndoIn
from moderation.api.views.base import ApiView, ListView
from moderation.models import ApiKey, Decision
from moderation.models.decision import DecisionQuerySet
from moderation.services.accounts.people import person_named
from moderation.services.errors import ServiceError, invalid
from moderation.services.ledger.export import with_names
from moderation.services.review.actions import DECIDE
from moderation.services.review.bulk import batch_undo
from moderation.services.review.decisions import decision_record, decision_undo


class Decider(TypedDict):
    """Who decides, as arguments for services: a person, or a key by its name."""

    actor: User | None
    api_key: str


def decisions_shown() -> QuerySet[Decision]:
    """Returns ledger rows with everything that is shown of them, in one query."""
    return with_names(Decision.objects.select_related("note"))


def decider(
    request: Request, *, on_behalf_of: str = "", permission: str = DECIDE, source_ids: Collection[int] = ()
) -> Decider:
    """Returns the signed-in person or the key, with the person for whom the key acts.

    Raises ServiceError at `/on_behalf_of` for a person who may not do it in these sources, and unless a key calls.
    """
    if not isinstance(request.auth, ApiKey):
        if on_behalf_of:
            raise invalid("/on_behalf_of", "Only a key acts on behalf of somebody.")
        return {"actor": request.user if isinstance(request.user, User) else None, "api_key": ""}
    person = person_named(username=on_behalf_of, permission=permission, source_ids=source_ids) if on_behalf_of else None
    return {"actor": person, "api_key": request.auth.name}


class DecisionView(ApiView):
    """The base of views over ledger rows, including those about commenters."""

    source_path = ""
    queryset = decisions_shown()
    serializer_class = DecisionOut

    def get_queryset(self) -> QuerySet[Decision]:
        """Returns the rows about comments and commenters in the caller's sources."""
        rows = cast("DecisionQuerySet", super().get_queryset())
        return rows if getattr(self, "swagger_fake_view", False) else rows.in_sources(self.allowed_sources)


class DecisionList(DecisionView, ListView):
    """The feed of all decisions, oldest first: pass the last id you have as `after`.

    Ids are assigned in the order in which rows become visible: once you have seen one, no earlier one can appear.
    """

    access = {"GET": read("moderation.view_decision")}
    filterset_class = DecisionFilter
    ordering = "id"


class DecisionUndo(DecisionView):
    """Undoes one decision."""

    access = {"POST": Access("moderate", (DECIDE,))}
    body_class = UndoIn

    @described(request=UndoIn, responses={201: DecisionOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Undoes the decision if it is the last one on its comment; the undo is a decision of its own.

        Keys and people can undo their own decisions; people with `moderation.undo_others` can undo those of others too.
        A key undoes for itself unless it says on whose behalf: then what that person may undo counts.
        """
        person, decision = self.body().get("on_behalf_of", ""), self.get_object()
        sources = Comment.objects.filter(pk=decision.comment_id).values_list("source", flat=True)
        who = decider(request, on_behalf_of=person, source_ids=list(sources) if person else ())
        undo = decision_undo(decision_id=decision.pk, **who)
        return Response(DecisionOut(decisions_shown().get(pk=undo.pk)).data, status=201)


class BatchUndo(DecisionView):
    """Undoes a batch of decisions."""

    access = {"POST": Access("moderate", (DECIDE,))}
    body_class = NothingIn
    lookup_field = lookup_url_kwarg = "batch"

    @described(request=None, responses={201: BatchUndoneOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Undoes each decision of the batch that is still the last one on its comment, and lists the others.

        Batches are made by people on the desk, so keys are refused.
        """
        self.body()
        batch = self.kwargs["batch"]
        if not self.get_queryset().filter(batch=batch).exists():
            raise ServiceError("not_found", "There is no such batch.")
        outcome = batch_undo(batch=batch, actor=cast("User", request.user))
        return Response(BatchUndoneOut(outcome).data, status=201)


class CommentDecisions(ListView):
    """The decisions on one comment, oldest first."""

    access = {
        "GET": read("moderation.view_decision"),
        "POST": Access("moderate", (DECIDE,)),
    }
    source_path = "comment__source"
    queryset = decisions_shown()
    serializer_class = DecisionOut
    ordering = "id"
    body_class = DecisionIn

    def get_queryset(self) -> QuerySet[Decision]:
        """Returns the decisions on the comment in the URL."""
        rows: QuerySet[Decision] = super().get_queryset()
        return rows if getattr(self, "swagger_fake_view", False) else rows.filter(comment=self._comment())

    @described(request=DecisionIn, responses={201: DecisionOut}, parameters=[IF_MATCH], filters=False)
    def post(self, request: Request, **_: Any) -> Response:
        """Decides on the comment. A key decides for itself unless it says on whose behalf."""
        comment, fields = self._comment(), self.body()
        person = fields.pop("on_behalf_of", "")
        decision = decision_record(
            comment_id=comment.pk,
            **decider(request, on_behalf_of=person, source_ids=[comment.source_id]),
            expected=if_match_parse(request.headers.get("If-Match")),
            **fields,
        )
        return Response(DecisionOut(decisions_shown().get(pk=decision.pk)).data, status=201)

    def _comment(self) -> Comment:
        comment: Comment = get_object_or_404(
            self.limited(Comment.objects.only("id", "source"), "source"), pk=self.kwargs["id"]
        )
        return comment
