"""Word lists as they are sent and as they are shown. What an entry may say is checked by the service."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from moderation.api.serializers.base import Out
from moderation.api.serializers.fields import StrictSerializer, TextField
from moderation.models import Review, WordListVersion, WordMatch
from moderation.services.word_lists.entries import MAX_ENTRIES, MAX_LANGUAGE, MAX_NOTE, MAX_TERM
from moderation.services.word_lists.lists import MAX_NOTE as MAX_REMARK

ENTRY = {
    "type": "object",
    "properties": {
        "term": {"type": "string", "minLength": 1, "maxLength": MAX_TERM},
        "language": {"type": "string", "maxLength": MAX_LANGUAGE},
        "match": {"type": "string", "enum": WordMatch.values},
        "allow": {"type": "boolean"},
        "note": {"type": "string", "maxLength": MAX_NOTE},
    },
    "required": ["term"],
    "additionalProperties": False,
}
# A text alone is a term that has no more to it.
TERM = {"type": "string", "minLength": 1, "maxLength": MAX_TERM}


@extend_schema_field({"type": "array", "items": {"oneOf": [ENTRY, TERM]}, "maxItems": MAX_ENTRIES})
class EntriesField(serializers.Field):  # type: ignore[type-arg]
    """The entries as sent: the service reads 100,000 of them in a second, and serializers would take a minute."""

    def to_internal_value(self, data: Any) -> Any:
        """Returns the value as it is."""
        return data


class WordListEntriesIn(StrictSerializer):
    """All entries of a list, in place of those that it has."""

    entries = EntriesField()
    note = TextField(MAX_REMARK, required=False, allow_blank=True)


class WordListIn(WordListEntriesIn):
    """A word list to create."""

    name = TextField(64)


class WordListOut(Out):
    """A word list in its current version."""

    name = serializers.CharField(source="list.name")
    version = serializers.IntegerField()
    entries = serializers.IntegerField()
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    note = serializers.CharField()
    author = serializers.CharField(source="author.username", default=None, allow_null=True)
    created_at = serializers.DateTimeField()


class WordListWholeOut(WordListOut):
    """A word list in its current version, and how many reviews were not matched with that yet."""

    lacking = serializers.SerializerMethodField()

    def get_lacking(self, row: WordListVersion) -> int:
        """Returns how many reviews lack the version's hits."""
        return Review.objects.lacking_facts(row.pk).count()


class WordListEntryOut(Out):
    """An entry of a word list."""

    id = serializers.IntegerField()
    term = serializers.CharField()
    language = serializers.CharField()
    match = serializers.ChoiceField(choices=WordMatch.choices)
    allow = serializers.BooleanField()
    note = serializers.CharField()
    who = serializers.CharField()
    added_in = serializers.IntegerField()
