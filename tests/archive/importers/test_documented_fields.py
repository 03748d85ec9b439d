"""The how-to names every field and format; one that it lacks fails here."""

from django.conf import settings

from archive.importers import FORMATS
from archive.importers.rows.row import FIELDS, ORIGIN_STATES, TEXT_FORMATS


def test_every_field_format_and_value_is_in_the_how_to() -> None:
    text = (settings.BASE_DIR / "docs/how-to/import.md").read_text(encoding="utf-8")
    assert [word for word in (*FIELDS, *FORMATS, *ORIGIN_STATES, *TEXT_FORMATS) if f"`{word}`" not in text] == []
