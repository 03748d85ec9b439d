"""Request bodies. Their shape is checked here; services check whether rows exist and states allow the action."""

from typing import Any

from django.core.validators import URLValidator, validate_slug
from rest_framework import serializers

from archive.models import Article, OriginState, Source, TextFormat
from moderation.api.serializers.fields import (
    AwareDateTimeField,
    BoundedList,
    BoundedText,
    LanguageField,
    OneOf,
    OneOrMany,
    PolicyField,
    StrictBoolean,
    StrictSerializer,
    TextField,
    TimeZoneField,
)
from moderation.models import Action, PolicyVersion
from moderation.services.review.actions import ACTION_RULES, NOTE_CHARACTERS

MAX_ITEMS = 1_000
MAX_TEXTS = 100
MAX_ATTRIBUTES = 100
MAX_ARTICLE_CHARACTERS = 1_000_000
DECIDABLE = [(action, Action(action).label) for action in ACTION_RULES]
URL = URLValidator(schemes=["http", "https"])


def _column(model: Any, name: str) -> int:
    return int(model._meta.get_field(name).max_length)


def _slug(**options: Any) -> TextField:
    return TextField(_column(Source, "slug"), validators=[validate_slug], **options)


def _article_text(name: str) -> TextField:
    return TextField(_column(Article, name), required=False, allow_blank=True)


class SourceIn(StrictSerializer):
    """A source to create."""

    slug = _slug()
    name = TextField(_column(Source, "name"))
    default_language = LanguageField(required=False, allow_blank=True)
    timezone = TimeZoneField(required=False)


class SourceChangeIn(StrictSerializer):
    """The fields of a source that can change; its slug cannot, because other systems refer to it."""

    name = TextField(_column(Source, "name"), required=False)
    default_language = LanguageField(required=False, allow_blank=True)
    timezone = TimeZoneField(required=False)


class ArticleChangeIn(StrictSerializer):
    """The fields of an article that can change."""

    url = TextField(_column(Article, "url"), validators=[URL], required=False, allow_blank=True)
    title = _article_text("title")
    section = _article_text("section")
    summary = BoundedText(required=False, allow_blank=True)
    byline = _article_text("byline")
    dateline = _article_text("dateline")
    published_at = AwareDateTimeField(required=False, allow_null=True)
    modified_at = AwareDateTimeField(required=False, allow_null=True)
    body = TextField(MAX_ARTICLE_CHARACTERS, required=False, allow_blank=True)
    language = LanguageField(required=False, allow_blank=True)


class ArticleIn(ArticleChangeIn):
    """An article to store; sending it again updates the given fields."""

    source = _slug()  # type: ignore[assignment]
    external_id = TextField(255)


class ArticleRefIn(StrictSerializer):
    """The article that a comment belongs to; created if it is new."""

    external_id = TextField(255)
    title = _article_text("title")
    url = TextField(_column(Article, "url"), validators=[URL], required=False, allow_blank=True)
    section = _article_text("section")


class CommenterIn(StrictSerializer):
    """Who wrote a comment, as far as the source says."""

    external_id = TextField(255, required=False)
    name = TextField(255)


class CommentIn(StrictSerializer):
    """A comment to store."""

    source = _slug()  # type: ignore[assignment]
    external_id = TextField(255)
    article = ArticleRefIn()
    parent_external_id = TextField(255, required=False, allow_null=True)
    commenter = CommenterIn(required=False, allow_null=True)
    text = BoundedText()
    text_format = OneOf(choices=TextFormat.choices, required=False)
    language = LanguageField(required=False, allow_null=True)
    created_at = AwareDateTimeField(required=False)
    origin_state = OneOf(
        choices=OriginState.choices,
        required=False,
        help_text="Its state at the source; `unapproved` submits it for approval before it is shown.",
    )


class CommentsIn(OneOrMany):
    """A comment, or a list of 1 to 1,000 of them (for the schema)."""

    one = CommentIn


class CommentChangeIn(StrictSerializer):
    """An edit of a comment; without `text_format` the format stays the same."""

    text = BoundedText()
    text_format = OneOf(choices=TextFormat.choices, required=False)


class DecisionIn(StrictSerializer):
    """What to do with a comment, and why."""

    action = OneOf(choices=DECIDABLE)
    reason = TextField(32, required=False, allow_blank=True)
    note = TextField(NOTE_CHARACTERS, required=False, allow_blank=True)
    until = AwareDateTimeField(required=False)
    on_behalf_of = TextField(150, required=False, help_text="For a key: the name of the person for whom it acts.")


class PolicyIn(StrictSerializer):
    """A policy to save as a draft."""

    body = PolicyField()
    note = TextField(_column(PolicyVersion, "note"), required=False, allow_blank=True)


class SimulationIn(StrictSerializer):
    """What to simulate: a policy or the number of a version, the active one without either, and over which comments."""

    body = PolicyField(required=False)
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    since = AwareDateTimeField(required=False, help_text="Comments written from then on.")
    until = AwareDateTimeField(required=False, help_text="Comments written before that.")
    source = _slug(required=False)  # type: ignore[assignment]
    section = _article_text("section")


class NothingIn(StrictSerializer):
    """An empty body: none at all, or an object without fields."""


class UndoIn(StrictSerializer):
    """What an undo may say: nothing, or on whose behalf a key undoes."""

    on_behalf_of = TextField(150, required=False, help_text="For a key: the name of the person for whom it acts.")


class MuteIn(StrictSerializer):
    """A mute: its reason, when it ends, and the comment that caused it."""

    reason = TextField(32)
    until = AwareDateTimeField(required=False)
    comment = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    on_behalf_of = TextField(150, required=False, help_text="For a key: the name of the person for whom it acts.")


class FlagIn(StrictSerializer):
    """A reader's report."""

    reporter = TextField(255)
    reason = TextField(32)


class AnalyzeIn(StrictSerializer):
    """One or more texts to score without storing them."""

    text = BoundedText(required=False, allow_blank=True)
    texts = BoundedList(MAX_TEXTS, child=BoundedText(allow_blank=True), required=False, allow_empty=False)
    language = LanguageField(required=False)
    attributes = BoundedList(MAX_ATTRIBUTES, child=TextField(64), required=False, allow_empty=False)
    spans = StrictBoolean(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Returns the fields with `texts` in place of `text`; raises ValidationError unless exactly one was given."""
        if ("text" in attrs) == ("texts" in attrs):
            raise serializers.ValidationError("Send either text or texts.", code="one_of")
        others = {name: value for name, value in attrs.items() if name != "text"}
        return others if "texts" in attrs else {**others, "texts": [attrs["text"]]}
