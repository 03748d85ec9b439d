"""Responses that are not rows: the analysis of a text, and problem details."""

from typing import Any

from rest_framework import serializers

from moderation.api.serializers.base import Out
from moderation.api.serializers.comments import VerdictOut


class DetectedLanguageOut(Out):
    """The language of a text, and how it was determined."""

    code = serializers.CharField()
    confidence = serializers.FloatField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Returns the fields; `from` is a Python keyword and cannot be a class attribute."""
        origin = serializers.ChoiceField(choices=["given", "detected", "default"], source="origin")
        return {**super().get_fields(), "from": origin}


class SpanOut(Out):
    """A part of a text to which an attribute applies; offsets in code points, `end` exclusive."""

    begin = serializers.IntegerField()
    end = serializers.IntegerField()
    attribute = serializers.CharField()
    score = serializers.FloatField()
    kind = serializers.ChoiceField(choices=["sentence", "word"])


class RefusalOut(Out):
    """Why a text has no scores."""

    code = serializers.CharField()
    detail = serializers.CharField()


class AnalyzedOut(Out):
    """The scores and the verdict for one text, or why the model refused it."""

    index = serializers.IntegerField()
    model = serializers.CharField(required=False, help_text="The model that serves the text's language.")
    scores = serializers.DictField(child=serializers.FloatField(), required=False)
    language = DetectedLanguageOut(required=False)
    windows = serializers.IntegerField(required=False)
    normalised = serializers.BooleanField(required=False)
    verdict = VerdictOut(required=False)
    spans = SpanOut(many=True, required=False)
    error = RefusalOut(required=False)


class AnalyzeOut(Out):
    """The response of analyze/."""

    model = serializers.CharField(allow_null=True, help_text="The model of all results; null where they differ.")
    results = AnalyzedOut(many=True)


class ProblemErrorOut(Out):
    """One error in the request."""

    pointer = serializers.CharField(
        help_text="A JSON pointer into the body, or / followed by the name of a query parameter."
    )
    code = serializers.CharField()
    detail = serializers.CharField()
    limit = serializers.IntegerField(required=False)


class ProblemOut(Out):
    """An error in the format of RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    errors = ProblemErrorOut(many=True, required=False)  # type: ignore[assignment]
