"""The how-to and the reference name every field, format and preset; one that they lack fails here."""

from pathlib import Path

from django.conf import settings

from archive.importers import FORMATS
from archive.importers.rows.presets import PRESETS
from archive.importers.rows.row import FIELDS, ORIGIN_STATES, TEXT_FORMATS
from archive.importers.rows.table_presets import TABLE_PRESETS

DOCS = Path(settings.BASE_DIR) / "docs"


def test_every_field_format_and_value_is_in_the_how_to() -> None:
    text = (DOCS / "how-to/import.md").read_text(encoding="utf-8")
    assert [word for word in (*FIELDS, *FORMATS, *ORIGIN_STATES, *TEXT_FORMATS) if f"`{word}`" not in text] == []


def test_every_format_and_preset_is_in_the_reference_of_the_command() -> None:
    text = (DOCS / "reference/commands.md").read_text(encoding="utf-8")
    assert [word for word in (*FORMATS, *PRESETS, *TABLE_PRESETS) if f"`{word}`" not in text] == []
