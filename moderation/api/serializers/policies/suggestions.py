"""A threshold that is asked for, and the answer."""

from rest_framework import serializers

from archive.models import Article
from moderation.api.serializers.base import Out
from moderation.api.serializers.fields import (
    AwareDateTimeField,
    BoundedList,
    StrictBoolean,
    StrictSerializer,
    TextField,
)
from moderation.api.serializers.policies.estimates import FigureOut
from moderation.policies.goals import MAX_GOAL_CHARACTERS
from moderation.services.suggestions.answers import MEASURES

MAX_SOURCES = 100
MAX_SLUG, MAX_ATTRIBUTE = 255, 64


class SuggestionIn(StrictSerializer):
    """A goal or, in its place, a threshold on Perspective's scale; of these sources, a section, a language, a time."""

    goal = TextField(MAX_GOAL_CHARACTERS, required=False, help_text="Such as `maximum recall @ precision >= 0.9`.")
    perspective = serializers.FloatField(required=False, min_value=0, max_value=1)
    attribute = TextField(MAX_ATTRIBUTE, required=False, default="toxicity")
    guarantee = StrictBoolean(required=False, default=False)
    sources = BoundedList(MAX_SOURCES, child=TextField(MAX_SLUG), required=False)
    section = TextField(Article._meta.get_field("section").max_length, required=False, allow_blank=True)
    language = TextField(16, required=False, allow_blank=True, help_text="Of comments scored in it, by its model.")
    since = AwareDateTimeField(required=False)
    until = AwareDateTimeField(required=False)


SuggestionEstimatesOut = type(
    "SuggestionEstimatesOut",
    (Out,),
    {
        **{name: FigureOut(required=False) for name in MEASURES},
        "__doc__": "The measures at the threshold; none if there is no comment.",
    },
)


class SuggestionOut(Out):
    """The answer: a threshold, or that there is none. Which of the fields there are depends on what was asked for."""

    attribute = serializers.CharField()
    model = serializers.CharField()
    threshold = serializers.FloatField(allow_null=True, help_text="Match from this score on; null: none is supported.")
    comments = serializers.IntegerField()
    statement = serializers.CharField(help_text="The answer as a sentence.")
    goal = serializers.CharField(required=False)
    guarantee = serializers.BooleanField(required=False)
    supported = serializers.BooleanField(required=False)
    more = serializers.IntegerField(
        required=False, allow_null=True, help_text="About how many more decisions it would take."
    )
    missed_share_at_most = serializers.FloatField(required=False, allow_null=True)
    estimates = SuggestionEstimatesOut(required=False)
    days = serializers.IntegerField(required=False)
    decisions = serializers.IntegerField(required=False)
    waiting = serializers.IntegerField(required=False, help_text="Selected for review, and not decided yet.")
    unscored = serializers.IntegerField(required=False, help_text="Left out: without a score by the model.")
    perspective = serializers.FloatField(required=False)
    flagged = serializers.IntegerField(required=False, help_text="How many comments Perspective's threshold flags.")
