"""Atomic output files of commands: complete under their name, or not there at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EEXIST, EISDIR
from pathlib import Path
from typing import TextIO


@contextmanager
def file_made(path: Path, *, overwrite: bool = True, errors: str = "strict") -> Iterator[TextIO]:
    """Provides a text stream whose content is at `path` once the block has succeeded.

    The content goes to a temporary file next to `path`, which is then renamed, so that readers see either the old file
    or all of the new one, and a failed run leaves nothing that would make the next one refuse. A special file such as
    `/dev/stdout` is written to directly.

    Args:
        overwrite: Whether to replace an existing file; else it is refused, both at the start and at the end.
        errors: What to do with characters that cannot be encoded as UTF-8, as for `open`.

    Raises:
        OSError: the file cannot be created.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        with path.open("w", encoding="utf-8", errors=errors, newline="") as stream:
            yield stream
        return
    _refuse(path, overwrite=overwrite)
    # Next to the target of a symbolic link, so that the link stays.
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
