"""Writes a command's output to standard output or to a file."""

from collections.abc import Iterable
from pathlib import Path

from django.core.management.base import CommandError, OutputWrapper

from archive.management.files import file_made


def lines_write(lines: Iterable[str], *, path: Path | None, stdout: OutputWrapper) -> None:
    """Streams lines to the new file `path`, or to `stdout` without one; raises CommandError.

    Never overwrites a file, which may be the only copy of an earlier export. The file appears under its name only once
    it is complete.
    """
    if path is None:
        for line in lines:
            stdout.write(line, ending="")
        return
    try:
        with file_made(path, overwrite=False) as file:
            file.writelines(lines)
    except OSError as error:
        raise CommandError(f"--output: {error.strerror}: {path}") from error


def report_write(content: str, *, path: Path | None, option: str) -> None:
    """Writes a report to the file given by `option`, if any; raises CommandError naming the option."""
    try:
        if path:
            with file_made(path) as file:
                file.write(content)
    except OSError as error:
        raise CommandError(f"--{option} {path}: {error.strerror}.") from error
