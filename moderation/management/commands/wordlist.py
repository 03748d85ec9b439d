"""Reads word lists from files, and writes them to files."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from moderation.management.arguments import USAGE, files_check
from moderation.management.output import lines_write, report_write
from moderation.management.parts import PartsCommand
from moderation.models import WordList, WordListVersion, WordMatch
from moderation.services.word_lists.files import (
    FORMATS,
    MAX_BYTES,
    FileRead,
    entries_read,
    entries_write,
    file_format,
    rejected_write,
)
from moderation.services.word_lists.lists import (
    Author,
    entries_of,
    word_list_change,
    word_list_create,
    word_list_find,
    word_list_replace,
)


class Command(PartsCommand):
    """`wordlist import NAME FILE [--add | --remove] … | export NAME … | list`"""

    help = "Read word lists from files and write them to files. A change is a new version of the list."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the sub-commands."""
        parts = parser.add_subparsers(dest="part", required=True)
        parts.add_parser("list", help="show the lists")
        self._add_import(parts.add_parser("import", help="make a file's entries those of a list"))
        export = parts.add_parser("export", help="write a list's entries")
        export.add_argument("name", help="the list")
        export.add_argument("--list-version", type=int, help="an earlier version; by default the current one")
        export.add_argument("--format", choices=FORMATS, default="csv", help="lines has the terms alone")
        export.add_argument("--output", type=Path, help="a new file; by default standard output")

    @staticmethod
    def _add_import(parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the list; made if there is none of this name")
        parser.add_argument("file", type=Path, help="CSV with a heading, JSON, or a term a line")
        parser.add_argument("--format", choices=FORMATS, help="by default what the file's name ends in, else lines")
        parser.add_argument("--language", default="", help="for rows that name none")
        parser.add_argument("--match", choices=WordMatch.values, help="for rows that say nothing of it (word)")
        parser.add_argument("--allow", action="store_true", help="rows that say nothing of it are harmless words")
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--add", action="store_true", help="add to the list's entries in place of replacing them")
        way.add_argument("--remove", action="store_true", help="take the file's entries out of the list")
        parser.add_argument("--note", default="", help="why the list changes")
        parser.add_argument("--rejects", type=Path, help="write the rejected rows to this CSV file")
        parser.add_argument("--dry-run", action="store_true", help="read the file and change nothing")

    def part_list(self, _options: dict[str, Any]) -> None:
        """Lists the lists."""
        for one in WordList.objects.all():
            current = one.versions.get(version=one.version)
            self.stdout.write(
                f"{one.name}  version {one.version}, {current.entries:,} entries  {current.note}".rstrip()
            )

    def part_import(self, options: dict[str, Any]) -> None:
        """Reads a file into a list."""
        read = self._read(options)
        for one in read.rejected[:10]:
            self.stderr.write(f"row {one.row}: {one.reason} ({one.content})")
        self.stderr.write(f"{len(read.entries):,} entries read, {len(read.rejected):,} rows rejected.")
        report_write("".join(rejected_write(read.rejected)), path=options["rejects"], option="rejects")
        if not read.entries:
            raise CommandError("The file has no entries; nothing was changed.")
        if not options["dry_run"]:
            self._say(_store(read, options))

    def _say(self, version: WordListVersion) -> None:
        self.stdout.write(
            f"{version.list.name} version {version.version}: {version.entries:,} entries, "
            f"{version.added:,} added, {version.removed:,} removed."
        )

    def part_export(self, options: dict[str, Any]) -> None:
        """Writes a list's entries."""
        found = word_list_find(options["name"])
        wanted = options["list_version"]
        if wanted is not None and not 1 <= wanted <= found.version:
            raise CommandError(f"--list-version: {found.name} has versions 1 to {found.version}.", returncode=USAGE)
        lines: Iterator[str] = entries_write(entries_of(found, wanted), form=options["format"])
        lines_write(lines, path=options["output"], stdout=self.stdout)

    @staticmethod
    def _read(options: dict[str, Any]) -> FileRead:
        path: Path = options["file"]
        files_check([path], limit=None)
        if path.stat().st_size > MAX_BYTES:
            raise CommandError(f"{path}: a list's file has at most {MAX_BYTES:,} bytes.")
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise CommandError(f"{path} is not UTF-8: byte {error.start}.") from error
        asked = {"language": options["language"], "match": options["match"], "allow": options["allow"]}
        defaults = {name: value for name, value in asked.items() if value}
        return entries_read(text, form=options["format"] or file_format(path.name), defaults=defaults)


def _store(read: FileRead, options: dict[str, Any]) -> WordListVersion:
    said: dict[str, Any] = {"name": options["name"], "author": Author(), "note": options["note"]}
    exists = WordList.objects.filter(name=options["name"]).exists()
    if options["remove"]:
        return word_list_change(remove=read.entries, **said)
    if options["add"] and exists:
        return word_list_change(add=read.entries, **said)
    return (word_list_replace if exists else word_list_create)(entries=read.entries, **said)
