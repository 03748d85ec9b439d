"""The bodies of erasing, and its receipt."""

from rest_framework import serializers

from moderation.api.serializers.fields import StrictSerializer, TextField
from moderation.models import ErasureKind
from moderation.services.privacy.export import CONFIRMATION_DIGITS


class ErasureIn(StrictSerializer):
    """The confirmation in the last line of the export."""

    confirmation = TextField(CONFIRMATION_DIGITS)


class ErasureOut(serializers.Serializer[object]):
    """A receipt: what was erased, when, and how many rows of each kind. `finished_at` is null until the end."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=ErasureKind.choices)
    source = serializers.CharField()  # type: ignore[assignment]
    commenter = serializers.IntegerField(allow_null=True)
    comment = serializers.IntegerField(allow_null=True)
    export_sha256 = serializers.CharField(allow_blank=True)
    counts = serializers.DictField(child=serializers.IntegerField())
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
