"""Exports statements of reasons for restrictions, in files of 100 as the DSA Transparency Database takes them."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from archive.management.files import file_made
from moderation.management.arguments import USAGE, parse_sources
from moderation.management.signals import stop_on_signals
from moderation.services.errors import ServiceError
from moderation.services.ledger.audit import export_record
from moderation.services.statements.batches import (
    StatementBatch,
    batch_next,
    batch_sent,
    statement_problems,
    statements_again,
)


class Command(DatabaseCommand):
    """`export_statements FOLDER [--source S…] [--again]`"""

    help = "Write a statement of reasons for each restriction that has none yet, in files of up to 100."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument("folder", type=Path, help="where the files go")
        parser.add_argument("--source", action="append", default=[], help="only of this source; may be repeated")
        parser.add_argument("--again", action="store_true", help="try those again that did not fit the form")

    def handle(self, *args: Any, **options: Any) -> None:
        """Writes the files; fails if it was stopped, or if a statement does not fit the form."""
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.", returncode=USAGE)
        sources = [source.pk for source in parse_sources(options["source"])]
        if options["again"]:
            statements_again()
        with stop_on_signals() as stop:
            written = 0
            while not stop() and (batch := self._next(sources)):
                self._write(folder, batch)
                written += len(batch.statements)
            if stop():
                raise CommandError("Stopped before the end: run it again, and it goes on from there.")
        export_record(subject="statements", statements=written, sources=options["source"])
        self.stdout.write(f"statements written: {written}")
        self._tell_problems()

    def _next(self, sources: list[int]) -> StatementBatch | None:
        try:
            return batch_next(sources=sources)
        except ServiceError as error:
            raise CommandError(error.detail) from error

    def _write(self, folder: Path, batch: StatementBatch) -> None:
        """Writes the file, then marks its statements as sent."""
        path = folder / f"statements-{batch.number:06}.json"
        try:
            with file_made(path) as file:
                json.dump({"statements": batch.statements}, file, ensure_ascii=False, indent=1)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from error
        batch_sent(number=batch.number)
        self.stdout.write(f"{path}: {len(batch.statements)}")

    def _tell_problems(self) -> None:
        problems = statement_problems()
        for decision, problem in problems:
            self.stderr.write(f"decision {decision}: {problem}")
        if problems:
            raise CommandError(
                f"{len(problems)} decisions have no statement: mend what is said, then run with --again."
            )
