"""Responses: comments with their review status, and threads of them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from archive.models import Comment, OriginState, TextFormat
from moderation.api.requests.etags import comment_etag
from moderation.api.responses.shown import status_of
from moderation.api.serializers.archive import ArticleRefOut, CommenterOut
from moderation.api.serializers.base import COMMENT_OUTCOMES, Out
from moderation.api.serializers.fields import OneOrMany
from moderation.models import DecidedBy, State
from moderation.services.states.status import UNSCORED

STATES = [UNSCORED, *State.values]
THREAD_REPLIES = {"type": "array", "items": {"$ref": "#/components/schemas/ThreadComment"}}


class VerdictReasonOut(Out):
    """A condition that was met: a score that reached its threshold, or, by its kind, anything else."""

    attribute = serializers.CharField(required=False)
    score = serializers.FloatField(required=False)
    threshold = serializers.FloatField(required=False)
    condition = serializers.CharField(
        required=False, help_text="What was asked about: attribute, fact, list, language, commenter, …"
    )
    name = serializers.CharField(required=False, help_text="Which of its kind: links, approved, a list's name …")
    version = serializers.IntegerField(required=False, help_text="Of a list: the one that the text was matched with.")
    value = serializers.JSONField(required=False, help_text="What was found.")
    gte = serializers.FloatField(required=False)
    lte = serializers.FloatField(required=False)

    def get_fields(self) -> dict[str, Any]:
        """Returns the fields with `not`, which is no name in Python."""
        marked = serializers.BooleanField(required=False, help_text="Under a `not`: it did not hold.")
        return {**super().get_fields(), "not": marked}


class VerdictOut(Out):
    """The policy's verdict on the scores."""

    action = serializers.CharField()
    flagged = serializers.BooleanField()
    rule = serializers.CharField()
    policy = serializers.IntegerField()
    reasons = VerdictReasonOut(many=True)
    overridden = serializers.CharField(required=False, help_text="The rule that a floor rule overrode.")
    braked = serializers.CharField(required=False, help_text="The action that the rule may not take without a person.")

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        """Returns the verdict as stored, which is JSON already."""
        return instance


class CommentOut(Out):
    """A comment and its review status."""

    id = serializers.IntegerField()
    source = serializers.CharField(source="source.slug")  # type: ignore[assignment]
    external_id = serializers.CharField()
    article = ArticleRefOut()
    parent = serializers.IntegerField(source="parent_id", allow_null=True)  # type: ignore[assignment]
    commenter = CommenterOut(allow_null=True)
    text = serializers.CharField()
    text_format = serializers.ChoiceField(choices=TextFormat.choices)
    language = serializers.CharField(allow_null=True, help_text="As given, else as the model detected it.")
    created_at = serializers.DateTimeField()
    revision = serializers.IntegerField()
    origin_state = serializers.ChoiceField(choices=OriginState.choices)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    held = serializers.BooleanField()
    highlighted = serializers.BooleanField()
    flagged = serializers.BooleanField()
    decided_by = serializers.ChoiceField(
        choices=[one for one in DecidedBy.values if one],
        allow_null=True,
        help_text="Who decided on it, a key counting as a person; null if nobody did.",
    )
    model = serializers.CharField(allow_null=True)
    scores = serializers.DictField(child=serializers.FloatField(), allow_null=True)
    verdict = VerdictOut(allow_null=True)
    etag = serializers.CharField(help_text="For If-Match and If-None-Match.")

    def to_representation(self, comment: Comment) -> dict[str, Any]:
        """Returns the comment's own fields and those of its status."""
        data = super().to_representation(CommentRow(comment))
        return {**data, "etag": comment_etag(comment, {name: data[name] for name in COMMENT_FIELDS})}


COMMENT_FIELDS = tuple(CommentOut().fields)


class CommentRow:
    """A comment together with the attributes of its status; the tag is made of the others."""

    etag = ""

    def __init__(self, comment: Comment) -> None:
        self.comment = comment
        self.status = status_of(comment)
        self.language = comment.language or self.status.language

    def __getattr__(self, name: str) -> Any:
        return getattr(self.status, name) if hasattr(self.status, name) else getattr(self.comment, name)


class CommentStoredOut(CommentOut):
    """A comment and the outcome of storing it."""

    outcome = serializers.ChoiceField(choices=COMMENT_OUTCOMES)


class CommentsStoredOut(OneOrMany):
    """A stored comment, or a list of them if a list was sent (for the schema)."""

    one = CommentStoredOut


class ThreadCommentOut(CommentOut):
    """A comment with its replies."""

    replies = serializers.SerializerMethodField()

    @extend_schema_field(THREAD_REPLIES)  # type: ignore[untyped-decorator]
    def get_replies(self, row: CommentRow) -> list[Any]:
        """Returns no replies: `thread_nested` adds them afterwards."""
        return []


class ThreadOut(Out):
    """A page of an article's comments, oldest first, with replies nested in their parents."""

    article = ArticleRefOut()
    comments = ThreadCommentOut(many=True)
    truncated = serializers.BooleanField(help_text="Whether the article has more comments after these.")
    next = serializers.URLField(allow_null=True, help_text="The URL of the next page.")
    previous = serializers.URLField(allow_null=True, help_text="The URL of the previous page.")
