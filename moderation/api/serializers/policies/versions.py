"""Responses: versions of the policy."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from moderation.api.serializers.base import Out
from moderation.models import PolicyStatus, PolicyVersion
from moderation.policies.checks import ERROR, WARNING
from moderation.policies.goals import policy_goals


class GoalOut(Out):
    """A goal of a policy, and the number that it became."""

    pointer = serializers.CharField(help_text="Where in the policy, a JSON pointer.")
    attribute = serializers.CharField()
    goal = serializers.CharField()
    threshold = serializers.FloatField(allow_null=True, help_text="Null until the version is activated.")


class PolicyOut(Out):
    """A version of the policy."""

    version = serializers.IntegerField()
    active = serializers.BooleanField()
    status = serializers.ChoiceField(choices=PolicyStatus.choices)
    note = serializers.CharField()
    author = serializers.CharField(source="author.username", default=None, allow_null=True)
    sha256 = serializers.CharField()
    created_at = serializers.DateTimeField()
    activated_at = serializers.DateTimeField(allow_null=True)
    activated_by = serializers.CharField(source="activated_by.username", default=None, allow_null=True)
    goals = serializers.SerializerMethodField()
    percent = serializers.IntegerField(source="rollout.percent", default=0, help_text="Its share while it rolls out.")
    failures = serializers.IntegerField(source="rollout.failures", default=0, help_text="Comments it failed on.")
    braked_at = serializers.DateTimeField(source="rollout.braked_at", default=None, allow_null=True)
    braked_rules = serializers.ListField(
        child=serializers.CharField(), source="rollout.braked_rules", default=list, help_text="Taken back by revert."
    )
    body = serializers.JSONField()

    @extend_schema_field(GoalOut(many=True))  # type: ignore[untyped-decorator]
    def get_goals(self, version: PolicyVersion) -> Any:
        """Returns the goals in the version's body."""
        return GoalOut(list(policy_goals(version.body)), many=True).data

    def to_representation(self, instance: PolicyVersion) -> dict[str, Any]:
        """Returns the version; one that never left the draft has no share, failures or brakes."""
        shown = super().to_representation(instance)
        nothing = {"percent": 0, "failures": 0, "braked_rules": []}
        return {**shown, **{name: value for name, value in nothing.items() if shown[name] is None}}


class FindingOut(Out):
    """Something that the static checks warn of."""

    level = serializers.ChoiceField(choices=[(ERROR, ERROR), (WARNING, WARNING)])
    code = serializers.CharField()
    pointer = serializers.CharField(help_text="Where in the policy, a JSON pointer.")
    rule = serializers.CharField()
    detail = serializers.CharField()


class PolicySavedOut(PolicyOut):
    """A version that was written, with what there is to warn of."""

    warnings = FindingOut(many=True)
