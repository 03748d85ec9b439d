"""Arguments that several commands share: dates, shards, source slugs, text files and their columns."""

from collections.abc import Sequence
from datetime import datetime, time
from pathlib import Path

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from archive.models import Source
from moderation.evaluation.columns import texts_read
from moderation.services.errors import ServiceError

USAGE = 2


def parse_expiry(value: str | None) -> datetime | None:
    """Returns the time that `value` stands for, for a date the end of the day; raises CommandError."""
    if value is None:
        return None
    try:
        day = parse_date(value) if len(value) == len("2027-01-31") else None
        moment = datetime.combine(day, time.max) if day else parse_datetime(value)
    except ValueError as error:
        raise CommandError(f"--expires: {error}.") from error
    if moment is None:
        raise CommandError(f"--expires: {value} is not a date (2027-01-31) or a date and time (2027-01-31T12:00:00Z).")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def parse_since(value: str | None, *, option: str = "since") -> datetime | None:
    """Returns the time that `value` stands for, for a date its start in UTC; raises CommandError."""
    if value is None:
        return None
    try:
        moment = parse_datetime(value)
        day = parse_date(value) if moment is None else None
    except ValueError as error:
        raise CommandError(f"--{option}: {error}.", returncode=USAGE) from error
    moment = datetime.combine(day, time.min) if day else moment
    if moment is None:
        detail = f"--{option}: {value} is not a date (2021-11-16) or a date and time (2021-11-16T12:00:00Z)."
        raise CommandError(detail, returncode=USAGE)
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def parse_shard(value: str | None) -> tuple[int, int] | None:
    """Returns (i, n) for `i/n`; raises CommandError."""
    if value is None:
        return None
    number, _, count = value.partition("/")
    if not (number.isascii() and number.isdigit() and count.isascii() and count.isdigit()):
        raise CommandError(f"--shard: {value} is not i/n, such as 1/4.", returncode=USAGE)
    return int(number), int(count)


def parse_sources(slugs: list[str]) -> list[Source]:
    """Returns the sources with these slugs; raises CommandError if one does not exist."""
    found = {source.slug: source for source in Source.objects.filter(slug__in=slugs)}
    missing = sorted(set(slugs) - set(found))
    if missing:
        raise CommandError(f"--source: there is no source {', '.join(missing)}.")
    return list(found.values())


def parse_texts(path: Path | None) -> list[str] | None:
    """Returns the texts in the file given by `--texts`, None without one; raises CommandError."""
    try:
        return texts_read(path) if path else None
    except ServiceError as error:
        raise CommandError(f"--texts {error}") from error


def files_check(paths: Sequence[Path], *, limit: int | None) -> None:
    """Raises CommandError if a path is not a file, or if the limit is below 1."""
    for path in paths:
        if not path.is_file():
            raise CommandError(f"{path} is not a file.", returncode=USAGE)
    if limit is not None and limit < 1:
        raise CommandError("--limit: a number from 1 on.", returncode=USAGE)


def folder_check(path: Path | None, *, option: str) -> None:
    """Raises CommandError if the folder of an output file does not exist."""
    if path and not path.parent.is_dir():
        raise CommandError(f"--{option}: {path.parent} is not a folder.", returncode=USAGE)


def parse_columns(pairs: Sequence[str], *, form: str, known: Sequence[str]) -> dict[str, str]:
    """Returns the `--column` options as label → column.

    Args:
        pairs: The arguments, such as `toxicity=Label`.
        form: The form of a pair in the help text.
        known: The valid labels.

    Raises:
        CommandError: A pair has another form or an unknown label.
    """
    found = {}
    for pair in pairs:
        label, _, column = pair.partition("=")
        if label not in known or not column:
            raise CommandError(f"--column: {pair} is not {form}, of {', '.join(known)}.", returncode=USAGE)
        found[label] = column
    return found


def columns_check(unserved: Sequence[str], *, model: str) -> None:
    """Raises CommandError if a column is for a label that the model has no output for."""
    if unserved:
        raise CommandError(f"--column: {model} has no output for {unserved[0]}.", returncode=USAGE)
