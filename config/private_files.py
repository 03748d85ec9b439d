"""What only the server's own user reads: the folder `var/`, the key in it, and SQLite's files."""

import os
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE, S_IWGRP

SQLITE_SUFFIXES = ("", "-wal", "-shm", "-journal")
OTHERS = 0o077


def folder_make(path: Path) -> None:
    """Makes a folder for its owner only; one that is there stays as it is."""
    with suppress(OSError):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)


def sqlite_close(path: Path) -> None:
    """Has SQLite's file and those beside it belong to their owner only; SQLite itself would let everybody read them.

    A missing file is made, empty, as SQLite would, which gives those beside it the same mode.
    """
    # Exclusively: to open and close a file that SQLite has open in this process would end its locks.
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    for suffix in SQLITE_SUFFIXES:
        close_to_others(path.with_name(path.name + suffix))


def close_to_others(path: Path) -> None:
    """Takes the rights of all but the owner away, but where the group may write: that was somebody's intention.

    Nothing happens where the file is missing or another user's: then that user sees to it.
    """
    with suppress(OSError):
        mode = S_IMODE(path.stat().st_mode)
        if mode & OTHERS and not mode & S_IWGRP:
            path.chmod(mode & ~OTHERS)
