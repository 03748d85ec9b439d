"""Responses: what two versions of the policy differ in, and numbers that were worked out anew."""

from rest_framework import serializers

from moderation.api.serializers.base import Out
from moderation.api.serializers.policies.suggestions import SuggestionOut
from moderation.api.serializers.policies.versions import PolicyOut
from moderation.policies.documents.diff import ADDED, CHANGED, MOVED, REMOVED


class DifferenceOut(Out):
    """One difference; `before` and `after` are JSON values, null where there is none, and places for what moved."""

    kind = serializers.CharField(help_text=f"`{ADDED}`, `{REMOVED}`, `{CHANGED}` or `{MOVED}`.")
    part = serializers.CharField(help_text="Such as `name`, `rule links` or `rule links action`.")
    before = serializers.JSONField()
    after = serializers.JSONField()


class DiffOut(Out):
    """What has to change in the version `against` to make this one; nothing if both say the same."""

    version = serializers.IntegerField()
    against = serializers.IntegerField(allow_null=True, help_text="Null: there is no version before.")
    changes = DifferenceOut(many=True)


class ResolvedGoalOut(SuggestionOut):
    """What a goal came to, by the JSON pointer of its condition."""

    pointer = serializers.CharField()


class ResolvedOut(Out):
    """A version whose numbers were worked out anew: `draft` has them and waits for a person."""

    version = serializers.IntegerField(help_text="The version that was resolved.")
    draft = PolicyOut(allow_null=True, help_text="Null: the numbers are those that the version has.")
    goals = ResolvedGoalOut(many=True)
    audit = serializers.ListField(
        child=serializers.FloatField(), help_text="The audit's share of each stratum, from the lowest risk up."
    )
