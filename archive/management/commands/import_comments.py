"""`import_comments`: from files to stored articles and comments. Options, progress, report; no rules of its own."""

import json
import re
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError, transaction

from archive.importers import FORMATS
from archive.importers.files import ImportFile, ImportOptions, files_found, head_check, items_read
from archive.importers.read_ahead import is_large, items_ahead
from archive.importers.records import FormatError, StoppedError
from archive.importers.rows.presets import PRESETS
from archive.importers.rows.row import FIELDS, is_field
from archive.importers.times import time_parse
from archive.management.database import DatabaseCommand, failure_of
from archive.management.files import file_made
from archive.management.progress import ByteProgress
from archive.services import ArchiveImport, Counts, ImportIssue, source_slug

SHOWN = 10
USAGE = 2
KEPT = "what was counted is kept, and the same command goes on from there"


def field_and_column(value: str) -> tuple[str, str]:
    """Reads `FIELD=COLUMN`."""
    name, equals, column = value.partition("=")
    if not equals or not column:
        raise ArgumentTypeError(f"{value!r} is not FIELD=COLUMN")
    if not is_field(name):
        raise ArgumentTypeError(f"there is no field {name!r}: the fields are {', '.join(FIELDS)} and meta.NAME")
    return name, column


def one_character(value: str) -> str:
    """Reads a delimiter: one character, or `\\t` or `tab` as shells find it hard to pass one."""
    mark = "\t" if value.lower() in {"\\t", "tab"} else value
    if len(mark) != 1 or mark in '\r\n"':
        raise ArgumentTypeError("a delimiter is one character, and no quote or line end")
    return mark


def source_name(value: str) -> str:
    """Reads the name of a source: a slug can be made of it."""
    if not source_slug(value):
        raise ArgumentTypeError("a source needs a name with a letter or a digit in it")
    return value


def time_form(value: str) -> str:
    """Reads a strptime form: one that can read what it writes."""
    try:
        time_parse(datetime(2014, 6, 26, 13, 5, 7, tzinfo=UTC).strftime(value), value)
    except (ValueError, re.error) as error:
        raise ArgumentTypeError(f"{value!r} is no strptime form") from error
    return value


class Command(DatabaseCommand):
    """Reads files, or folders of them, into the archive."""

    # They load every page and model of the site, which is longer than a small import takes, and tell nothing about it.
    requires_system_checks = []
    help = (
        "Imports articles and comments: saved pages (page), exports of WordPress (wxr) and Disqus (disqus), JSON lines "
        "(jsonl) and tables (csv). Safe to run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declares the options."""
        parser.add_argument(
            "paths", nargs="+", type=Path, metavar="PATH", help="a file, also packed with gzip, or a folder"
        )
        parser.add_argument("--format", default="auto", choices=["auto", *FORMATS], help="auto: by each file's content")
        parser.add_argument(
            "--map", action="append", default=[], type=field_and_column, metavar="FIELD=COLUMN", help="repeats"
        )
        parser.add_argument(
            "--preset", choices=PRESETS, help="jsonl: the dump of this system, in its own shape; needs no --map"
        )
        parser.add_argument("--delimiter", type=one_character, metavar="C", help=r"between csv columns; \t for a tab")
        parser.add_argument("--no-quotes", action="store_true", help="csv: a quote is a letter like any other")
        parser.add_argument(
            "--time-format", type=time_form, metavar="F", help="strptime form of times, %%Z for CEST and the like"
        )
        parser.add_argument("--source", type=source_name, metavar="NAME", help="where rows name none; else the folder")
        parser.add_argument("--dry-run", action="store_true", help="counts what would happen and writes nothing")
        parser.add_argument("--rejects", type=Path, metavar="PATH", help="writes each remark as a JSON line")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Checks every file's head, then imports them one after another."""
        if options["preset"] and (options["map"] or options["format"] not in {"auto", "jsonl"}):
            raise CommandError("--preset is a form of jsonl with a mapping of its own", returncode=USAGE)
        how = ImportOptions(
            format=options["format"],
            source=options["source"],
            mapping=dict(options["map"]),
            delimiter=options["delimiter"],
            quotes=not options["no_quotes"],
            time_format=options["time_format"],
            preset=options["preset"],
        )
        files = self._files(options["paths"])
        try:
            self._check(files, how)
        except KeyboardInterrupt as error:
            raise CommandError("stopped: nothing was imported") from error
        with ExitStack() as stack:
            report = ImportReport(stack.enter_context(_opened(options["rejects"])), self.stderr)
            if options["dry_run"]:
                stack.enter_context(_rolled_back())
            run = ArchiveImport(tell=report.remark)
            left = "nothing was written" if options["dry_run"] else KEPT
            failed = self._run(run, files, how, options["source"], report, left)
        self._close(run.counts, report, dry_run=options["dry_run"], failed=bool(failed))
        if failed:
            raise CommandError(failed)

    def _files(self, paths: list[Path]) -> list[ImportFile]:
        missing = [str(path) for path in paths if not path.exists()]
        if missing:
            raise CommandError(f"there is no {', '.join(missing)}", returncode=USAGE)
        files = list(files_found(paths))
        if not files:
            raise CommandError("there is no file in the folder", returncode=USAGE)
        return files

    def _check(self, files: list[ImportFile], how: ImportOptions) -> None:
        """Ends the command, before anything is written, where a file is not what it is said to be."""
        wrong = list(_wrong(files, how))
        for line in wrong[:-1]:
            self.stderr.write(line)
        if wrong:
            raise CommandError(f"{wrong[-1]}. Nothing was imported.")

    def _run(
        self,
        run: ArchiveImport,
        files: list[ImportFile],
        how: ImportOptions,
        source: str | None,
        report: "ImportReport",
        left: str,
    ) -> str:
        """Imports the files and returns in one line what failed, or an empty string; `left` is what stays of it."""
        failed = []
        try:
            with ByteProgress(total=sum(file.path.stat().st_size for file in files)) as progress:
                for file in files:
                    failed += self._run_file(run, file, how, source or file.folder, report, progress)
            report.file = ""
            run.finish()
        except KeyboardInterrupt:
            failed.append(f"stopped: {left}")
        except DatabaseError as error:
            failed.append(f"{failure_of(error)}: {left}")
        return "; ".join(failed)

    @staticmethod
    def _run_file(
        run: ArchiveImport,
        file: ImportFile,
        how: ImportOptions,
        source: str,
        report: "ImportReport",
        progress: ByteProgress,
    ) -> list[str]:
        report.file = str(file.path)
        read = items_ahead if is_large(file) else items_read
        with progress.file(file.path.stat().st_size), read(file, how, progress.at) as items:
            try:
                run.store(items=items, source_name=source)
            except (FormatError, StoppedError) as error:
                return [f"{file.path}: {error}"]
        return []

    def _close(self, counts: Counts, report: "ImportReport", *, dry_run: bool, failed: bool) -> None:
        for line in summary(counts):
            self.stdout.write(line)
        if report.hidden:
            self.stderr.write(f"… and {report.hidden} more remarks: --rejects PATH writes them all")
        if dry_run:
            self.stdout.write("This was a dry run: nothing was written.")
        elif not counts.changed and not counts.rejected and not failed:
            self.stdout.write("Nothing has changed: all of it was here already.")


def summary(counts: Counts) -> Iterator[str]:
    """Yields the closing lines: what became of articles, comments, rejected records and replies without a parent."""
    for name, kind in (("articles", counts.articles), ("comments", counts.comments)):
        yield f"{name}: {', '.join(f'{count} {outcome}' for outcome, count in kind.items())}"
    yield f"rejected: {counts.rejected}"
    if counts.linked:
        yield f"replies linked to a parent that came after them: {counts.linked}"
    if counts.waiting:
        reasons = ", ".join(f"{count} {code}" for code, count in sorted(counts.waiting.items()))
        yield f"replies without their parent: {sum(counts.waiting.values())} ({reasons})"


def _wrong(files: list[ImportFile], how: ImportOptions) -> Iterator[str]:
    for file in files:
        try:
            head_check(file, how)
        except (FormatError, StoppedError) as error:
            yield f"{file.path}: {error}"
        except OSError as error:
            yield f"{file.path}: it cannot be read: {error.strerror}"


@contextmanager
def _opened(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(file_made(path, errors="backslashreplace"))
        except OSError as error:
            raise CommandError(f"--rejects {path}: {error.strerror}", returncode=USAGE) from error
        yield stream


@contextmanager
def _rolled_back() -> Iterator[None]:
    """Undoes at the end all that was written: a dry run sees its own rows, and leaves none."""
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    except DatabaseError as error:
        raise CommandError(f"{failure_of(error)}: nothing was written") from error


class ImportReport:
    """The remarks of a run: all of them as JSON lines to a file, else the first few to standard error."""

    def __init__(self, stream: TextIO | None, stderr: Any) -> None:
        self._stream, self._stderr = stream, stderr
        self._shown = 0
        self.hidden = 0
        self.file = ""

    def remark(self, remark: ImportIssue) -> None:
        """Writes a remark."""
        said = {key: value for key, value in asdict(remark).items() if value not in (None, "")}
        if self._stream:
            self._stream.write(json.dumps({"file": self.file, **said}, ensure_ascii=False) + "\n")
        elif self._shown < SHOWN:
            self._shown += 1
            self._stderr.write(self._line(remark))
        else:
            self.hidden += 1

    def _line(self, remark: ImportIssue) -> str:
        place = (
            ":".join(str(part) for part in (self.file, remark.line) if part) or f"{remark.source} {remark.external_id}"
        )
        verdict = "kept" if remark.kept else "rejected"
        return f"{place}: {verdict}: {': '.join(part for part in (remark.field, remark.reason) if part)}"
