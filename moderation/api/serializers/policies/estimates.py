"""Estimates from people's decisions, as every response shows them."""

from rest_framework import serializers

from moderation.api.serializers.base import Out


class FigureOut(Out):
    """A figure with its 95 % interval; without enough decisions its effective sample alone."""

    enough = serializers.BooleanField()
    effective = serializers.FloatField(help_text="How many equally weighted decisions would tell as much.")
    value = serializers.FloatField(required=False)
    low = serializers.FloatField(required=False)
    high = serializers.FloatField(required=False)


class MeasuredOut(Out):
    """What people's decisions say of a policy, or of a part of it."""

    decided = serializers.IntegerField(help_text="Decisions that count.")
    precision = FigureOut()
    recall = FigureOut()
    missed_share = FigureOut()
    false_alarm_share = FigureOut()
