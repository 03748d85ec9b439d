"""Reports of daily figures: their query parameters and rows."""

from typing import Any

from rest_framework import serializers

from moderation.api.serializers.base import Out
from moderation.services.statistics.report import COLUMNS, REPORTS

MAX_BY = 3


class StatisticsOut(Out):
    """A report: the days it covers, what it is split by, and its rows."""

    name = serializers.ChoiceField(choices=list(REPORTS))
    start = serializers.DateField(help_text="The first day.")
    end = serializers.DateField(help_text="The last day, included.")
    by = serializers.ListField(child=serializers.ChoiceField(choices=list(COLUMNS)))
    counted_until = serializers.DateField(allow_null=True, help_text="The last day that was counted.")
    results = serializers.ListField(
        child=serializers.DictField(),
        help_text="What it is split by, then the report's columns.",
    )


class StatisticsListOut(Out):
    """The reports there are."""

    results: Any = serializers.ListField(child=serializers.DictField())
