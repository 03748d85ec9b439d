"""Files for the server's own user only: the folder `var/`, the key in it, and SQLite's files."""

import os
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE, S_IWGRP

SQLITE_SUFFIXES = ("", "-wal", "-shm", "-journal")
OTHERS = 0o077


def folder_make(path: Path) -> None:
    """Creates a folder that only its owner can read; leaves an existing one as it is."""
    with suppress(OSError):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)


def sqlite_close(path: Path) -> None:
    """Restricts SQLite's file and its companions to their owner; SQLite itself would create them readable by everybody.

    Creates a missing file, empty, as SQLite would; SQLite gives the companions the same mode.
    """
    # O_EXCL: opening and closing a file that SQLite has open in this process would release its locks.
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    for suffix in SQLITE_SUFFIXES:
        close_to_others(path.with_name(path.name + suffix))


def close_to_others(path: Path) -> None:
    """Removes the permissions of all but the owner, unless the group may write, which somebody must have intended.

    Does nothing if the file is missing or belongs to another user.
    """
    with suppress(OSError):
        mode = S_IMODE(path.stat().st_mode)
        if mode & OTHERS and not mode & S_IWGRP:
            path.chmod(mode & ~OTHERS)
