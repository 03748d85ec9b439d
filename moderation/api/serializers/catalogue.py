"""Responses: what an installation has, apart from its archive: reasons, models, endpoints."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from moderation.api.serializers.base import Out
from moderation.models import Ground, ModelVersion


class ReasonOut(Out):
    """A reason of the newsroom's list, and its ground in the terms of the Digital Services Act."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    ground = serializers.ChoiceField(choices=Ground.values)


class ModelOut(Out):
    """A model that this installation has scored with."""

    id = serializers.IntegerField()
    label = serializers.CharField(source="__str__")  # type: ignore[assignment]
    name = serializers.CharField()
    version = serializers.IntegerField()
    sha256 = serializers.CharField()
    attributes = serializers.ListField(child=serializers.CharField())
    languages = serializers.ListField(child=serializers.CharField())
    experimental_languages = serializers.ListField(
        child=serializers.CharField(), help_text="Served only where MODERATION_EXPERIMENTAL_LANGUAGES names them."
    )
    active = serializers.BooleanField()
    serves = serializers.SerializerMethodField(help_text="The languages that go to it at present.")
    registered_at = serializers.DateTimeField()

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))  # type: ignore[untyped-decorator]
    def get_serves(self, model: ModelVersion) -> list[str]:
        """Returns the languages whose texts it scores among the active models."""
        return [code for code, one in self.context["routes"].items() if one == model]


class EndpointOut(Out):
    """One address of the API."""

    url = serializers.CharField(help_text="The URL, with {names} in place of ids.")
    methods = serializers.ListField(child=serializers.CharField())
    about = serializers.CharField()


class EndpointsOut(Out):
    """The map of the API."""

    endpoints = EndpointOut(many=True)
