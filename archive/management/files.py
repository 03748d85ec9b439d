"""Files that a command writes: whole under their name, or not there at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EEXIST, EISDIR
from pathlib import Path
from typing import TextIO


@contextmanager
def file_made(path: Path, *, overwrite: bool = True, errors: str = "strict") -> Iterator[TextIO]:
    """Gives a stream to write text to, which is at `path` when the block has ended well.

    It is written beside `path` under a name of its own and then renamed, so that whoever looks sees what was there
    before or all of the new file, and a run that fails leaves no part that would refuse the next one. What is no plain
    file, as `/dev/stdout`, is written to as it is.

    Args:
        overwrite: Whether a file that is there is replaced; else it is refused, at the beginning and at the end.
        errors: What becomes of characters that have no UTF-8 form.

    Raises:
        OSError: Where the file cannot be made.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        with path.open("w", encoding="utf-8", errors=errors, newline="") as stream:
            yield stream
        return
    _refuse(path, overwrite=overwrite)
    # Beside what a link leads to, so that the link stays.
    path = path.resolve()
    part = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    try:
        with part.open("x", encoding="utf-8", errors=errors, newline="") as stream:
            yield stream
        _refuse(path, overwrite=overwrite)
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()


def _refuse(path: Path, *, overwrite: bool) -> None:
    if path.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(path))
    if path.exists() and not overwrite:
        raise FileExistsError(EEXIST, os.strerror(EEXIST), str(path))
