"""Bodies and answers of a policy's way into effect: its share, what it did in shadow, what was taken back."""

from rest_framework import serializers

from moderation.api.serializers.base import Out
from moderation.api.serializers.fields import StrictSerializer, TextField
from moderation.api.serializers.policies.estimates import MeasuredOut
from moderation.estimates.alarms import AlarmState
from moderation.services.policies.rollout.stages import LEAST_PERCENT, MOST_PERCENT

RULE_CHARACTERS = 100


class RolloutIn(StrictSerializer):
    """The share of the comments that come, in percent."""

    percent = serializers.IntegerField(min_value=LEAST_PERCENT, max_value=MOST_PERCENT)


class RevertIn(StrictSerializer):
    """The rule whose automatic decisions are undone."""

    rule = TextField(RULE_CHARACTERS)


class ReversionOut(Out):
    """How far the undoing has come; the same call goes on until `finished_at` is set."""

    policy = serializers.IntegerField(source="policy.version")
    rule = serializers.CharField()
    batch = serializers.UUIDField(help_text="That of the ledger's rows.")
    reverted = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Comments on which something came after the rule.")
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class PairOut(Out):
    """How often an action of the active version met one of the candidate's."""

    active = serializers.CharField()
    candidate = serializers.CharField()
    comments = serializers.IntegerField()


class ShadowRuleOut(Out):
    """How many comments a rule decided; the empty rule: none matched."""

    rule = serializers.CharField(allow_blank=True)
    comments = serializers.IntegerField()


class ShadowEstimatesOut(MeasuredOut):
    """What people decided says of a version."""

    of = serializers.ChoiceField(choices=["candidate", "active"])


class ShadowOut(Out):
    """What the version said as a candidate, beside the active one and beside what people decided."""

    compared = serializers.IntegerField()
    failures = serializers.IntegerField()
    actions = PairOut(many=True)
    rules = ShadowRuleOut(many=True)
    estimates = ShadowEstimatesOut(many=True)


class RuleDaysOut(Out):
    """One rule's hits a day, oldest first; the empty rule: none matched."""

    rule = serializers.CharField(allow_blank=True)
    hits = serializers.ListField(child=serializers.IntegerField())
    hits_before = serializers.ListField(child=serializers.IntegerField())


class HitsOut(Out):
    """Hits a rule a day, of this version and of the one before, or of the active one beside a candidate."""

    version = serializers.IntegerField()
    before = serializers.IntegerField(allow_null=True)
    days = serializers.ListField(child=serializers.DateField())
    judged = serializers.ListField(child=serializers.IntegerField())
    judged_before = serializers.ListField(child=serializers.IntegerField())
    rules = RuleDaysOut(many=True)


class AlarmOut(Out):
    """A rule's share of a day's comments against its own history; what nothing is known of is null."""

    rule = serializers.CharField()
    hits = serializers.IntegerField()
    judged = serializers.IntegerField()
    alarm = serializers.ChoiceField(choices=[(one.value, one.value) for one in AlarmState])
    share = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="What the weighted history leaves open: from here …")
    high = serializers.FloatField(allow_null=True, help_text="… to here.")
    p = serializers.FloatField(allow_null=True, help_text="The exact binomial p-value; below 0.001 is an alarm.")


class AlarmsOut(Out):
    """Each rule of a version on one day, in UTC."""

    version = serializers.IntegerField()
    day = serializers.DateField()
    rules = AlarmOut(many=True)
