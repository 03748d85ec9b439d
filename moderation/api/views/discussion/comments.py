"""Comments: stores up to a thousand at once, reads, edits and withdraws them."""

import time
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from archive.importers.records import ArticleRecord
from archive.models import Comment
from moderation.api.requests.access import read, write
from moderation.api.requests.etags import IF_MATCH, IF_NONE_MATCH, if_match_parse, is_known
from moderation.api.requests.filters import CommentFilter, judged_alone
from moderation.api.requests.orderings import BY_PRESENT_STATUS, BY_STATUS, with_present_value
from moderation.api.responses.problems import field_errors
from moderation.api.responses.refusals import MAX_ERRORS
from moderation.api.responses.schema import described
from moderation.api.responses.shown import with_comment, with_status
from moderation.api.serializers.comments import CommentOut, CommentsStoredOut
from moderation.api.serializers.inputs import MAX_ITEMS, CommentChangeIn, CommentIn, CommentsIn, NothingIn
from moderation.api.views.base import ApiView, ListView
from moderation.models import Review
from moderation.services.errors import FieldError, ServiceError, invalid
from moderation.services.intake.ingest import (
    CommentItem,
    Ingested,
    comment_edit,
    comment_restore,
    comment_withdraw,
    comments_ingest,
)
from moderation.services.online_scoring.posted import comments_admit
from moderation.services.states.version import VersionToken

MAX_WAITING = 100
ETAG = OpenApiParameter("ETag", str, OpenApiParameter.HEADER, response=[200], description="For If-Match.")
WAIT = OpenApiParameter("wait", str, enum=["score"], description="Answer with scores, for up to 100 comments.")


class CommentList(ListView):
    """Comments, newest first by default, also those without a verdict; filtered by place, text, state and verdict.

    Time is bounded for one state, for `held=true` and for `flagged=true`, with a source, a range of time or of one
    attribute, ordered by time or risk. Comments without a verdict come last in an ordering by risk or an attribute.
    """

    access = {
        "GET": read("archive.view_comment"),
        "POST": write("archive.add_comment", "archive.change_comment"),
    }
    parameters = {"POST": frozenset({"wait"})}
    queryset = with_status(Comment.objects.all())
    serializer_class = CommentOut
    filterset_class = CommentFilter
    orderings = BY_PRESENT_STATUS
    ordering = "-created_at"
    text = "text"
    body_class = CommentIn

    @described(
        request=CommentsIn, responses={201: CommentsStoredOut, 200: CommentsStoredOut}, parameters=[WAIT], filters=False
    )
    def post(self, request: Request) -> Response:
        """Stores one comment, or all or none of a list, by (source, external_id).

        201 if any comment is new, else 200. With `wait=score` the response has scores and verdicts; comments that were
        not scored in time are returned unscored, and are scored later. If too many texts are waiting to be scored, such
        a call is refused and nothing is stored.
        """
        data: Any = request.data
        many = isinstance(data, list)
        wait = self._wait(len(data) if many else 1)
        items = self._items(data) if many else [comment_item(self.body())]
        with comments_admit(texts=[item.raw for item in items]) if wait else nullcontext() as posted:
            done = self._ingest(items, many=many, nudges=not wait)
            if posted:
                deadline = time.monotonic() + settings.MODERATION_WAIT_SECONDS
                posted.score(comment_ids=[one.comment_id for one in done], deadline=deadline)
        body = self._stored_json(done)
        status = 201 if any(one.outcome == "created" for one in done) else 200
        return Response(body if many else body[0], status=status)

    def _wait(self, count: int) -> bool:
        wait = self.request.query_params.get("wait")
        if wait not in {None, "score"}:
            raise invalid("/wait", "wait can only be score.")
        if wait and count > MAX_WAITING:
            raise invalid("", f"Up to {MAX_WAITING} comments can wait for scores.", code="limit", limit=MAX_WAITING)
        return bool(wait)

    def _items(self, data: list[Any]) -> list[CommentItem]:
        """Returns the validated items; raises ValidationError with the pointer of each error.

        Uses one serializer for all items, and stops after a hundred errors.
        """
        if not 1 <= len(data) <= MAX_ITEMS:
            raise invalid("", f"A list holds 1 to {MAX_ITEMS:,} comments.", code="limit", limit=MAX_ITEMS)
        serializer, items, errors = CommentIn(), [], {}
        faults = 0
        for index, item in enumerate(data):
            try:
                items.append(comment_item(serializer.run_validation(item)))
            except ValidationError as error:
                errors[str(index)] = error.detail
                faults += sum(1 for _ in field_errors(error.detail))
            if faults > MAX_ERRORS:
                break
        if errors:
            raise ValidationError(errors)
        return items

    def _ingest(self, items: Sequence[CommentItem], *, many: bool, nudges: bool) -> list[Ingested]:
        try:
            return comments_ingest(items=items, allowed_sources=self.allowed_sources, nudges=nudges)
        except ServiceError as error:
            raise error if many else _for_single_item(error) from error

    def _stored_json(self, done: Sequence[Ingested]) -> list[dict[str, Any]]:
        """Returns the stored comments, each with its outcome, in the order of the request."""
        found = with_status(Comment.objects.all()).in_bulk([one.comment_id for one in done])
        return [{**CommentOut(found[one.comment_id]).data, "outcome": one.outcome} for one in done]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Returns a page of comments, found by their reviews if only judged ones are asked for."""
        given = self.request.query_params
        if not judged_alone(given):
            rows = with_present_value(self.get_queryset(), given.get("ordering", self.ordering))
            return self._page(self.filter_queryset(rows))
        # The paginator reads these from the view, which serves this one request.
        vars(self).update(orderings=BY_STATUS, text="comment__text")
        return self._page(self.filter_queryset(self.limited(with_comment(Review.objects.current()), self.source_path)))

    def _page(self, rows: Any) -> Response:
        found = [getattr(row, "comment", row) for row in self.paginate_queryset(rows) or []]
        return self.get_paginated_response(CommentOut(found, many=True).data)


class CommentView(ApiView):
    """The base of views of one comment."""

    queryset = with_status(Comment.objects.all())
    serializer_class = CommentOut

    def expected(self) -> VersionToken | None:
        """Returns the version that the request is conditional on."""
        return if_match_parse(self.request.headers.get("If-Match"))

    def shown(self) -> Response:
        """Returns the comment as it is now, with its ETag."""
        data = CommentOut(self.get_object()).data
        return Response(data, headers={"ETag": data["etag"]})


class CommentDetail(CommentView):
    """One comment."""

    access = {
        "GET": read("archive.view_comment"),
        "PATCH": write("archive.change_comment"),
        "DELETE": write("archive.change_comment"),
    }
    body_class = CommentChangeIn

    @described(responses={200: CommentOut, 304: None}, parameters=[ETAG, IF_NONE_MATCH])
    def get(self, request: Request, **_: Any) -> Response:
        """Returns the comment; its ETag is what an edit, a withdrawal or a decision can be made conditional on."""
        shown = self.shown()
        etag = shown.headers["ETag"]
        known = is_known(request.headers.get("If-None-Match"), etag)
        return Response(status=304, headers={"ETag": etag}) if known else shown

    @described(request=CommentChangeIn, parameters=[IF_MATCH])
    def patch(self, request: Request, **_: Any) -> Response:
        """Edits the comment: the old text is kept, and the new one is unscored."""
        comment_edit(comment=self.get_object(), expected=self.expected(), **self.body())
        return self.shown()

    @described(responses={204: None}, parameters=[IF_MATCH])
    def delete(self, request: Request, **_: Any) -> Response:
        """Withdraws the comment: it leaves the queues; its row and its decisions stay."""
        comment_withdraw(comment=self.get_object(), expected=self.expected())
        return Response(status=204)


class CommentRestore(CommentView):
    """Takes the withdrawal of a comment back."""

    access = {"POST": write("archive.change_comment")}
    body_class = NothingIn

    @described(request=None, responses={200: CommentOut}, parameters=[IF_MATCH])
    def post(self, request: Request, **_: Any) -> Response:
        """Restores a withdrawn comment: it is unscored and judged anew. Storing it again does not restore it."""
        self.body()
        comment_restore(comment=self.get_object(), expected=self.expected())
        return self.shown()


def comment_item(fields: dict[str, Any]) -> CommentItem:
    """Returns the record that services take, from the validated fields of a CommentIn."""
    given = {name: value for name, value in fields.items() if value is not None}
    commenter = given.pop("commenter", {})
    return CommentItem(
        article=ArticleRecord(**given.pop("article")),
        raw=given.pop("text"),
        **given,
        commenter_external_id=commenter.get("external_id", ""),
        commenter_name=commenter.get("name", ""),
    )


def _for_single_item(error: ServiceError) -> ServiceError:
    """Returns the error with pointers into a single object instead of a list."""
    errors = [FieldError(one.pointer.removeprefix("/0"), one.code, one.detail, one.limit) for one in error.errors]
    return ServiceError(error.code, error.detail.removeprefix("/0"), tuple(errors), error.retryable)
