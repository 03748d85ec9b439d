"""Responses: sources, articles and commenters."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from moderation.api.serializers.base import OUTCOMES, Out


class SourceOut(Out):
    """A source."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    default_language = serializers.CharField()
    timezone = serializers.CharField()


class ArticleOut(Out):
    """An article in a list."""

    id = serializers.IntegerField()
    source = serializers.CharField(source="source.slug")  # type: ignore[assignment]
    external_id = serializers.CharField()
    url = serializers.CharField()
    title = serializers.CharField()
    title_derived = serializers.BooleanField()
    section = serializers.CharField()
    summary = serializers.CharField()
    byline = serializers.CharField()
    dateline = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)
    modified_at = serializers.DateTimeField(allow_null=True)
    language = serializers.CharField()


class PieceOut(Out):
    """A piece of a page."""

    kind = serializers.CharField()
    text = serializers.CharField()


class ArticleDetailOut(ArticleOut):
    """An article with its text."""

    body = serializers.CharField()
    blocks = PieceOut(many=True)
    furniture = PieceOut(many=True)


class ArticleStoredOut(ArticleDetailOut):
    """An article and the outcome of storing it."""

    outcome = serializers.ChoiceField(choices=OUTCOMES)


class ArticleRefOut(Out):
    """The article of a comment."""

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    title = serializers.CharField()
    section = serializers.CharField()


class CommenterOut(Out):
    """Who wrote a comment."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class CommenterListedOut(Out):
    """A commenter, and whether their new comments are held."""

    id = serializers.IntegerField()
    source = serializers.CharField(source="source.slug")  # type: ignore[assignment]
    external_id = serializers.CharField()
    name = serializers.CharField()
    muted = serializers.BooleanField()
    muted_until = serializers.DateTimeField(allow_null=True, help_text="When the mute ends by itself, if it does.")


class CommenterRecordOut(Out):
    """Counts over a commenter's last 1,000 comments, by state."""

    comments = serializers.IntegerField(min_value=0, help_text="How many were counted.")
    approved = serializers.IntegerField(min_value=0)
    rejected = serializers.IntegerField(min_value=0)
    pending = serializers.IntegerField(min_value=0)


class CommenterDetailOut(CommenterListedOut):
    """A commenter with their record."""

    record = serializers.SerializerMethodField()

    @extend_schema_field(CommenterRecordOut)  # type: ignore[untyped-decorator]
    def get_record(self, _commenter: Any) -> dict[str, Any]:
        """Returns the counts, which the view has read."""
        return dict(CommenterRecordOut(self.context["record"]).data)
