"""An appeal as it is made, and as it is shown."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from moderation.api.serializers.base import Out
from moderation.api.serializers.fields import StrictSerializer, TextField
from moderation.models import Appeal, AppealOutcome
from moderation.services.appeals.intake import TEXT_CHARACTERS

CLOSED = [one for one in AppealOutcome.values if one]


class AppealIn(StrictSerializer):
    """An appeal against a rejection."""

    decision = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="The id of the rejection.")
    text = TextField(TEXT_CHARACTERS, help_text="What the person who complains says.")
    appellant = TextField(255, required=False, allow_blank=True, help_text="The source's own id of who complains.")
    callback_url = TextField(
        2_000,
        required=False,
        allow_blank=True,
        help_text="Gets `appeal.decided`, signed; of the origin of an active webhook target of the source.",
    )


class AppealOut(Out):
    """An appeal, and what became of it."""

    id = serializers.IntegerField()
    decision = serializers.IntegerField(source="decision_id")
    comment = serializers.IntegerField(source="comment_id")
    source = serializers.CharField(source="comment.source.slug")  # type: ignore[assignment]
    external_id = serializers.CharField(source="comment.external_id", help_text="Of the comment.")
    text = serializers.CharField()
    appellant = serializers.CharField()
    made_at = serializers.DateTimeField()
    outcome = serializers.SerializerMethodField(help_text="Null while the appeal is open.")
    answer = serializers.CharField(help_text="What the person who complained is told.")
    decided_by = serializers.CharField(source="decided_by.username", default=None, allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    ruling = serializers.IntegerField(source="ruling_id", allow_null=True, help_text="The ledger's row that closed it.")

    @extend_schema_field(serializers.ChoiceField(choices=CLOSED, allow_null=True))  # type: ignore[untyped-decorator]
    def get_outcome(self, appeal: Appeal) -> str | None:
        """Returns the outcome."""
        return appeal.outcome or None
