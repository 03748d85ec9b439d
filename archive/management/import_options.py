"""The options of `import_comments`: their declaration and parsing."""

import re
from argparse import ArgumentTypeError
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from archive.importers import FORMATS
from archive.importers.encoding import encoding_name
from archive.importers.files import ImportOptions
from archive.importers.rows.presets import PRESETS
from archive.importers.rows.row import FIELDS, TEXT_FORMATS, is_field
from archive.importers.rows.table_presets import TABLE_PRESETS
from archive.importers.times import time_form_check
from archive.services import source_slug

_POST_TYPE = re.compile(r"[\w-]{1,60}(?::[\w-]{1,60})?")


def options_declare(parser: CommandParser) -> None:
    """Declares the options."""
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a file, also packed with gzip, or a folder"
    )
    parser.add_argument("--format", default="auto", choices=["auto", *FORMATS], help="auto: by each file's content")
    parser.add_argument(
        "--map", action="append", default=[], type=field_and_column, metavar="FIELD=COLUMN", help="repeats"
    )
    parser.add_argument(
        "--preset", choices=[*PRESETS, *TABLE_PRESETS], help="the dump of this system, in its own shape"
    )
    parser.add_argument("--delimiter", type=one_character, metavar="C", help=r"between csv columns; \t for a tab")
    parser.add_argument("--no-quotes", action="store_true", help="csv: a quote is a letter like any other")
    parser.add_argument(
        "--time-format",
        type=time_form,
        metavar="F",
        help="strptime form, %%Z for CEST and the like; or %%s, ms, us since 1970",
    )
    parser.add_argument("--source", type=source_name, metavar="NAME", help="where rows name none; else the folder")
    parser.add_argument("--dry-run", action="store_true", help="counts what would happen and writes nothing")
    parser.add_argument("--rejects", type=Path, metavar="PATH", help="writes each remark as a JSON line")
    parser.add_argument("--encoding", type=text_encoding, metavar="NAME", help="of the files; else told by each")
    parser.add_argument("--text-format", default="plain", choices=TEXT_FORMATS, help="of rows that do not say theirs")
    parser.add_argument(
        "--post-type",
        action="append",
        default=[],
        type=post_type,
        metavar="TYPE[:STATE]",
        help="wxr: takes this type too, or items of this type in this state; repeats",
    )
    parser.add_argument(
        "--join-addresses", action="store_true", help="makes one article of addresses that lead to the same page"
    )


def options_read(options: Mapping[str, Any]) -> ImportOptions:
    """Returns the parsed options for the files.

    Raises:
        ArgumentTypeError: two of them conflict.
    """
    form = "csv" if options["preset"] in TABLE_PRESETS else "jsonl"
    if options["preset"] and (options["map"] or options["format"] not in {"auto", form}):
        raise ArgumentTypeError(f"--preset {options['preset']} is a form of {form} with a mapping of its own")
    return ImportOptions(
        format=options["format"],
        source=options["source"],
        mapping=dict(options["map"]),
        delimiter=options["delimiter"],
        quotes=not options["no_quotes"],
        time_format=options["time_format"],
        preset=options["preset"],
        text_format=options["text_format"],
        post_types=frozenset(options["post_type"]),
        encoding=options["encoding"],
    )


def field_and_column(value: str) -> tuple[str, str]:
    """Reads `FIELD=COLUMN`."""
    name, equals, column = value.partition("=")
    if not equals or not column:
        raise ArgumentTypeError(f"{value!r} is not FIELD=COLUMN")
    if not is_field(name):
        raise ArgumentTypeError(f"there is no field {name!r}: the fields are {', '.join(FIELDS)} and meta.NAME")
    return name, column


def one_character(value: str) -> str:
    """Reads a delimiter: one character, or `\\t` or `tab`, because a tab is hard to pass in a shell."""
    mark = "\t" if value.lower() in {"\\t", "tab"} else value
    if len(mark) != 1 or mark in '\r\n"':
        raise ArgumentTypeError("a delimiter is one character, and no quote or line end")
    return mark


def source_name(value: str) -> str:
    """Reads the name of a source, from which a slug can be made."""
    if not source_slug(value):
        raise ArgumentTypeError("a source needs a name with a letter or a digit in it")
    return value


def time_form(value: str) -> str:
    """Reads a strptime format that can parse what it formats."""
    try:
        time_form_check(value)
    except (ValueError, re.error) as error:
        raise ArgumentTypeError(f"{value!r} is no strptime form, nor %s, ms or us: {error}") from error
    return value


def text_encoding(value: str) -> str:
    """Reads the name of an encoding that Python knows."""
    try:
        return encoding_name(value)
    except LookupError as error:
        raise ArgumentTypeError(f"there is no encoding {value!r}: utf-8, windows-1254, iso-8859-9 …") from error


def post_type(value: str) -> str:
    """Reads a post type of WordPress, or one in a state (`post:private`)."""
    if not _POST_TYPE.fullmatch(value):
        raise ArgumentTypeError(f"{value!r} is no post type, nor TYPE:STATE")
    return value
