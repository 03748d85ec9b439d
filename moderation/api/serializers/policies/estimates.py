"""Estimates from people's decisions, as every response shows them."""

from rest_framework import serializers

from moderation.api.serializers.base import Out


class FigureOut(Out):
    """A figure with its 95 % interval; without enough decisions these three are null."""

    enough = serializers.BooleanField()
    effective = serializers.FloatField(help_text="How many equally weighted decisions would tell as much.")
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class MeasuredOut(Out):
    """What people's decisions say of a policy, or of a part of it."""

    decided = serializers.IntegerField(help_text="Decisions that count.")
    precision = FigureOut()
    recall = FigureOut()
    missed_share = FigureOut()
    false_alarm_share = FigureOut()
