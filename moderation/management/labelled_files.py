"""What `evaluate_model` and `perspective_agreement` share: files of texts with others' judgement, and their columns."""

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

from django.core.management.base import CommandError

from archive.management.files import file_made
from moderation.evaluation.collect import output_compared
from moderation.management.progress import Progress
from moderation.scoring import ModelDescription

USAGE = 2
Sample = TypeVar("Sample")


def files_check(paths: Sequence[Path], *, limit: int | None) -> None:
    """Refuses a path that is no file, and a limit of no rows.

    Raises:
        CommandError: Naming it.
    """
    for path in paths:
        if not path.is_file():
            raise CommandError(f"{path} is not a file.", returncode=USAGE)
    if limit is not None and limit < 1:
        raise CommandError("--limit: a number from 1 on.", returncode=USAGE)


def report_write(path: Path | None, content: str, *, option: str) -> None:
    """Writes what was found where that was asked for.

    Raises:
        CommandError: Where the file cannot be written, naming the option.
    """
    try:
        if path:
            with file_made(path) as file:
                file.write(content)
    except OSError as error:
        raise CommandError(f"--{option} {path}: {error.strerror}.") from error


def columns_given(pairs: Sequence[str], *, form: str, known: Sequence[str]) -> dict[str, str]:
    """Returns what `--column` names: label → column.

    Args:
        pairs: As they were written, such as `toxicity=Label`.
        form: How the help writes a pair.
        known: The labels that there are.

    Raises:
        CommandError: Where a pair has another form, or a label that is not known.
    """
    found = {}
    for pair in pairs:
        label, _, column = pair.partition("=")
        if label not in known or not column:
            raise CommandError(f"--column: {pair} is not {form}, of {', '.join(known)}.", returncode=USAGE)
        found[label] = column
    return found


def columns_check(labels: Sequence[str], description: ModelDescription) -> None:
    """Refuses a column for what the model has no output for, which would be passed over without a word.

    Raises:
        CommandError: Naming the model and the label.
    """
    for label in labels:
        if not output_compared(label, description):
            raise CommandError(f"--column: {description.label} has no output for {label}.", returncode=USAGE)


def files_read(
    paths: Sequence[Path], read: Callable[[Path, Callable[[int], None]], Iterator[Sample]], *, limit: int | None
) -> Iterator[Sample]:
    """Yields what `read` gives of each file, at most `limit` of each, and shows how far it has come.

    Args:
        read: Takes a file, and what it is to tell how many bytes more it has read.
    """
    total, done = sum(path.stat().st_size for path in paths), 0
    progress = Progress(unit="byte", stream=sys.stderr)

    def show(size: int) -> None:
        nonlocal done
        done += size
        progress.show(done, total)

    try:
        for path in paths:
            yield from islice(read(path, show), limit)
    finally:
        progress.close()
