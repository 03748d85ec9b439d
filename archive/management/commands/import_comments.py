"""`import_comments`: stores articles and comments from files. Options, progress and report; no rules of its own."""

from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError, transaction

from archive.importers.files import ImportFile, ImportOptions, files_found, head_check, items_read
from archive.importers.read_ahead import is_large, items_ahead
from archive.importers.records import FormatError, StoppedError
from archive.management.database import DatabaseCommand, failure_of
from archive.management.files import file_made
from archive.management.import_options import options_declare, options_read
from archive.management.import_report import ImportReport, summary
from archive.management.progress import ByteProgress
from archive.services import ArchiveImport, Counts

USAGE = 2
KEPT = "what was counted is kept, and the same command goes on from there"


class Command(DatabaseCommand):
    """Reads files, or folders of them, into the archive."""

    # The checks load every page and model of the site, which takes longer than a small import and is irrelevant to it.
    requires_system_checks = []
    help = "Imports articles and comments: saved pages, exports of other systems, rows. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declares the options."""
        options_declare(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Checks every file's head, then imports them one after another."""
        try:
            how = options_read(options)
        except ArgumentTypeError as error:
            raise CommandError(str(error), returncode=USAGE) from error
        files = self._files(options["paths"])
        try:
            self._check(files, how)
        except KeyboardInterrupt as error:
            raise CommandError("stopped: nothing was imported") from error
        with ExitStack() as stack:
            report = ImportReport(stack.enter_context(_opened(options["rejects"])), self.stderr)
            if options["dry_run"]:
                stack.enter_context(_rolled_back())
            run = ArchiveImport(tell=report.remark, join_addresses=options["join_addresses"])
            left = "nothing was written" if options["dry_run"] else KEPT
            failed = self._run(run, files, how, options["source"], report, left)
        self._close(run.counts, report, dry_run=options["dry_run"], failed=bool(failed))
        if failed:
            raise CommandError(failed)

    def _files(self, paths: list[Path]) -> list[ImportFile]:
        missing = [str(path) for path in paths if not path.exists()]
        if missing:
            raise CommandError(f"there is no {', '.join(missing)}", returncode=USAGE)
        found = list(files_found(paths))
        for file in found:
            if file.describes:
                self.stderr.write(f"{file.path}: passed over: it describes the folder (give its path to import it)")
        files = [file for file in found if not file.describes]
        if not files:
            raise CommandError("there is no file in the folder", returncode=USAGE)
        return files

    def _check(self, files: list[ImportFile], how: ImportOptions) -> None:
        """Ends the command before anything is written if a file is not in the expected format."""
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
        report: ImportReport,
        left: str,
    ) -> str:
        """Imports the files and returns one line on what failed, or an empty string; `left` says what is kept."""
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
        report: ImportReport,
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

    def _close(self, counts: Counts, report: ImportReport, *, dry_run: bool, failed: bool) -> None:
        for line in summary(counts):
            self.stdout.write(line)
        if report.hidden:
            self.stderr.write(f"… and {report.hidden} more remarks: --rejects PATH writes them all")
        if dry_run:
            self.stdout.write("This was a dry run: nothing was written.")
        elif not counts.changed and not counts.rejected and not failed:
            known = any(kind["unchanged"] for kind in (counts.articles, counts.comments))
            here = "Nothing has changed: all of it was here already."
            self.stdout.write(here if known else "Nothing was imported: nothing in it is public or a comment.")


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
    """Rolls back everything at the end: a dry run sees its own rows, and leaves none."""
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    except DatabaseError as error:
        raise CommandError(f"{failure_of(error)}: nothing was written") from error
