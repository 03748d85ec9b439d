"""Responses: rows of the ledger, and readers' reports."""

from rest_framework import serializers

from moderation.api.serializers.base import OUTCOMES, Out
from moderation.models import Decision
from moderation.services.ledger.export import decision_subject


class DecisionOut(Out):
    """A ledger row: about a comment, or about muting or unmuting a commenter."""

    id = serializers.IntegerField()
    comment = serializers.IntegerField(source="comment_id", allow_null=True)
    commenter = serializers.IntegerField(source="commenter_id", allow_null=True)
    source = serializers.SerializerMethodField()  # type: ignore[assignment]
    external_id = serializers.SerializerMethodField(help_text="Of the comment, else of the commenter.")
    kind = serializers.CharField()
    actor = serializers.CharField(source="actor.username", default=None, allow_null=True)
    api_key = serializers.CharField()
    policy = serializers.IntegerField(source="policy.version", default=None, allow_null=True)
    rule = serializers.CharField()
    action = serializers.CharField()
    from_state = serializers.CharField()
    to_state = serializers.CharField()
    reason = serializers.CharField()
    ground = serializers.CharField()
    automated_detection = serializers.BooleanField()
    automated_decision = serializers.BooleanField()
    scores = serializers.DictField(child=serializers.FloatField())
    model = serializers.CharField()
    revision = serializers.IntegerField(allow_null=True)
    text_seal = serializers.CharField()
    review_probability = serializers.FloatField()
    round = serializers.CharField()
    undoes = serializers.IntegerField(source="undoes_id", allow_null=True)
    batch = serializers.UUIDField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True, help_text="When a deferral or a mute ends.")
    at = serializers.DateTimeField()
    note = serializers.SerializerMethodField(help_text="Empty if there is none.")

    def get_note(self, decision: Decision) -> str:
        """Returns the note's text."""
        note = getattr(decision, "note", None)
        return note.text if note else ""

    def get_source(self, decision: Decision) -> str:
        """Returns the slug of the source."""
        return decision_subject(decision).source.slug

    def get_external_id(self, decision: Decision) -> str:
        """Returns the source's own id of the comment or commenter."""
        return decision_subject(decision).external_id


class BatchUndoneOut(Out):
    """The outcome of undoing a batch of decisions."""

    batch = serializers.UUIDField(help_text="The batch id of the undo's own rows.")
    done = serializers.IntegerField()
    refused = serializers.DictField(
        child=serializers.ListField(child=serializers.IntegerField()), help_text="Refusal → ids of comments."
    )


class FlagOut(Out):
    """A reader's report, and whether it was new."""

    comment = serializers.IntegerField(source="flag.comment_id")
    reporter = serializers.CharField(source="flag.reporter")
    reason = serializers.CharField(source="flag.reason")
    at = serializers.DateTimeField(source="flag.at")
    outcome = serializers.ChoiceField(choices=OUTCOMES)
