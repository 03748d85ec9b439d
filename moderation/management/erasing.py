"""What `erase_commenter` and `erase_comment` share: export first, then erase, and print the receipt."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from tqdm import tqdm

from archive.database.search import search_purge
from moderation.management.arguments import MAX_ID, number_of
from moderation.management.output import lines_write
from moderation.management.policies.policy_files import actor_named
from moderation.management.signals import stop_on_signals
from moderation.models import Erasure
from moderation.services.errors import ServiceError
from moderation.services.privacy.erasures import erasure_receipt, erasure_run
from moderation.services.privacy.export import confirmation_of, export_digest


def add_arguments(parser: ArgumentParser, *, what: str) -> None:
    """Declares the arguments; `what` is who or what is erased."""
    parser.add_argument("id", type=number_of("id", MAX_ID), help=f"the {what}'s number")
    first = parser.add_mutually_exclusive_group(required=True)
    first.add_argument("--export", type=Path, metavar="FILE", help="write what is stored to this new file first")
    first.add_argument("--no-export", action="store_true", help="erase without an export, or go on with an erasure")
    parser.add_argument("--as", dest="actor", metavar="USER", help="the user in whose name it is done")


def export_first(options: dict[str, Any], lines: Callable[[], Iterator[str]], stdout: OutputWrapper) -> str | None:
    """Writes the export if one is asked for, and returns its confirmation; None without one."""
    if options["no_export"]:
        return None
    lines_write(lines(), path=options["export"], stdout=stdout)
    with options["export"].open(encoding="utf-8") as file:
        return confirmation_of(export_digest(lines=file))


def erase(begin: Callable[..., Erasure], options: dict[str, Any], stdout: OutputWrapper, **about: Any) -> None:
    """Erases, with a count on stderr if that is a terminal, and prints the receipt; fails if it was stopped."""
    try:
        begun = begin(actor=actor_named(options["actor"]), **about)
    except ServiceError as error:
        raise CommandError(error.detail) from error
    with stop_on_signals() as stop, tqdm(unit=" comments", disable=not sys.stderr.isatty()) as bar:

        def progress(count: int) -> None:
            bar.update(count)

        erasure = erasure_run(erasure=begun, stop=stop, progress=progress)
        search_purge()
    stdout.write(json.dumps(erasure_receipt(erasure)))
    if erasure.finished_at is None:
        raise CommandError("Stopped before the end: run it again, with --no-export, and it goes on from there.")
