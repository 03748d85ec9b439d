"""Takes a backup of a database in use, and proves it by restoring it beside the original."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import DatabaseError

from moderation.services.backup.contents import contents_of, differences
from moderation.services.backup.copies import Told, connected, copy_make, dump_restore, one_moment
from moderation.services.backup.manifest import COPIES, Contents, Manifest, copy_digest, manifest_write
from moderation.services.errors import ServiceError, conflict


def backup_take(*, database: BaseDatabaseWrapper, folder: Path, verify: bool = True, told: Told) -> Manifest:
    """Writes a backup into a new folder and returns its manifest.

    The copy and the counts are of one moment; others read and write on meanwhile. The folder appears under its name
    once the backup is complete and, with `verify`, once it has been restored into a scratch database and compared.

    Raises:
        ServiceError: `folder` exists, the copy failed, or it differs from what was counted. Nothing is left behind.
    """
    if folder.exists():
        raise conflict(f"{folder} exists: a backup never overwrites anything.")
    with _folder_made(folder) as part:
        manifest = _copied(database, part, told)
        manifest_write(part, manifest)
        if verify:
            copy_verify(database=database, folder=part, expected=manifest.contents)
    return manifest


def _copied(database: BaseDatabaseWrapper, folder: Path, told: Told) -> Manifest:
    with connected(database, "backup") as own:
        own.settings_dict["OPTIONS"].pop("transaction_mode", None)
        with one_moment(own):
            contents = contents_of(own)
            copy_make(own, folder / COPIES[own.vendor], told)
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    return Manifest(database.vendor, made_at, copy_digest(folder, database.vendor), contents)


@contextmanager
def _folder_made(folder: Path) -> Iterator[Path]:
    """Gives a folder that takes its name once the block has succeeded, and is removed if it has not."""
    part = folder.with_name(f".{folder.name[:200]}.part")
    # What a killed run left.
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700, parents=True)
    try:
        yield part
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def copy_verify(*, database: BaseDatabaseWrapper, folder: Path, expected: Contents) -> None:
    """Restores the copy into a scratch database and compares; raises ServiceError if it holds anything else."""
    with _scratch(database, folder / COPIES[database.vendor]) as name, connected(database, "scratch", name) as own:
        found = contents_of(own)
    if said := differences(expected, found):
        raise ServiceError("backup_failed", f"The copy is not what was counted: {'; '.join(said)}.", retryable=True)


@contextmanager
def _scratch(database: BaseDatabaseWrapper, copy: Path) -> Iterator[str]:
    """Gives the name of a database that holds the copy for the length of the block."""
    if database.vendor == "sqlite":
        yield from _scratch_file(copy)
    else:
        yield from _scratch_database(database, copy)


def _scratch_file(copy: Path) -> Iterator[str]:
    path = copy.with_name("scratch.sqlite3")
    try:
        shutil.copyfile(copy, path)
        yield str(path)
    finally:
        for one in path.parent.glob(f"{path.name}*"):
            one.unlink()


def _scratch_database(database: BaseDatabaseWrapper, copy: Path) -> Iterator[str]:
    name = f"moderato_scratch_{uuid.uuid4().hex[:12]}"
    _administer(database, f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        with connected(database, "scratch", name) as own:
            dump_restore(own, copy)
        yield name
    finally:
        _administer(database, f"DROP DATABASE {name}")


def _administer(database: BaseDatabaseWrapper, statement: str) -> None:
    try:
        with connected(database, "administration") as own, own.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError:
        raise conflict(
            "The role may not create a scratch database to verify the copy: give it CREATEDB, or take the "
            "backup unverified."
        ) from None
