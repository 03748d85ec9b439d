"""Where a command's output goes: standard output, or a file."""

from collections.abc import Iterable
from pathlib import Path

from django.core.management.base import CommandError, OutputWrapper


def lines_write(lines: Iterable[str], *, path: Path | None, stdout: OutputWrapper) -> None:
    """Writes lines as they come to the new file `path`, or to `stdout` without one; raises CommandError.

    An existing file is not overwritten: it may be the only copy of an earlier export.
    """
    if path is None:
        for line in lines:
            stdout.write(line, ending="")
        return
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.writelines(lines)
    except OSError as error:
        raise CommandError(f"--output: {error.strerror}: {path}") from error


def report_write(content: str, *, path: Path | None, option: str) -> None:
    """Writes a report to the file that `option` names, if any; raises CommandError naming the option."""
    try:
        if path:
            path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"--{option} {path}: {error.strerror}.") from error
