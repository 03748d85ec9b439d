"""Where a command's output goes: standard output, or a file."""

from collections.abc import Iterable
from pathlib import Path

from django.core.management.base import CommandError, OutputWrapper

from archive.management.files import file_made


def lines_write(lines: Iterable[str], *, path: Path | None, stdout: OutputWrapper) -> None:
    """Writes lines as they come to the new file `path`, or to `stdout` without one; raises CommandError.

    An existing file is not overwritten: it may be the only copy of an earlier export. The file has its name only when
    it is whole.
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
    """Writes a report to the file that `option` names, if any; raises CommandError naming the option."""
    try:
        if path:
            with file_made(path) as file:
                file.write(content)
    except OSError as error:
        raise CommandError(f"--{option} {path}: {error.strerror}.") from error
