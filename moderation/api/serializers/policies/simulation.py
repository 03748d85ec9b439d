"""What a simulation of a policy shows."""

from rest_framework import serializers

from moderation.api.serializers.base import Out
from moderation.api.serializers.policies.estimates import MeasuredOut
from moderation.api.serializers.policies.versions import PolicyOut


class QueueOut(Out):
    """What would wait for a person, a day with comments."""

    per_day = serializers.FloatField()
    per_day_before = serializers.FloatField(help_text="By the active policy.")
    busiest_day = serializers.IntegerField()
    audit_per_day = serializers.FloatField(help_text="Drawn for the audit, on top of it.")


class LackingOut(Out):
    """How many comments lack facts that a rule reads: their rows are judged as if it were not known."""

    texts = serializers.IntegerField(help_text="Without the facts of their text that came later.")
    lists = serializers.DictField(
        child=serializers.IntegerField(), help_text="Word list → not matched with its current version."
    )


class PolicyActivatedOut(PolicyOut):
    """The version that is active now, and what stored comments lack of what it reads."""

    lacking = LackingOut()


class RuleCountOut(Out):
    """How many comments a rule catches."""

    rule = serializers.CharField()
    action = serializers.CharField()
    matched = serializers.IntegerField()
    decides = serializers.IntegerField()


class ChangeOut(Out):
    """A change of action against the active policy, with examples."""

    to = serializers.CharField()
    comments = serializers.IntegerField()
    examples = serializers.ListField(child=serializers.DictField())

    def get_fields(self) -> dict[str, serializers.Field]:  # type: ignore[type-arg]
        """Returns the fields; the name of one is a word of the language."""
        return {"from": serializers.CharField(), **super().get_fields()}


class EstimateOut(MeasuredOut):
    """The estimates of the policy, or of a part of it."""

    by = serializers.CharField(help_text="policy, active, rule, attribute, source, section or language")
    name = serializers.CharField()


class SimulationOut(Out):
    """What a policy would do with stored scores, beside the active one."""

    policy = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    active = serializers.IntegerField()
    comments = serializers.IntegerField()
    days = serializers.IntegerField()
    lacking = LackingOut()
    actions = serializers.DictField(child=serializers.IntegerField())
    actions_before = serializers.DictField(child=serializers.IntegerField())
    queue = QueueOut()
    rules = RuleCountOut(many=True)
    changes = ChangeOut(many=True)
    decided = serializers.IntegerField()
    estimates = EstimateOut(many=True)
    likely_misses = serializers.ListField(child=serializers.DictField())
    likely_false_alarms = serializers.ListField(child=serializers.DictField())
