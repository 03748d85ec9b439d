"""Restores a backup into an empty database."""

import shutil
from collections.abc import Collection
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

from moderation.services.backup.contents import contents_of, differences, tables_of
from moderation.services.backup.copies import connected, dump_restore, private
from moderation.services.backup.manifest import COPIES, Contents, Manifest, manifest_read
from moderation.services.errors import ServiceError, conflict


def backup_restore(*, database: BaseDatabaseWrapper, folder: Path) -> Manifest:
    """Fills an empty database from the backup in `folder`, compares it with the manifest, and returns that.

    Raises:
        ServiceError: No backup, of another kind of database, made by a newer version, or the target has tables. Nothing
            was changed. Also if what was restored differs from the manifest: then do not use it.
    """
    manifest = manifest_read(folder)
    if manifest.vendor != database.vendor:
        raise conflict(f"{folder} is a backup of {manifest.vendor}, and DATABASE_URL names {database.vendor}.")
    newer_refuse(manifest.contents.migrations)
    if tables_of(database):
        raise conflict("The database that DATABASE_URL names has tables: restore into an empty one, never over data.")
    database.close()
    _fill(database, folder / COPIES[database.vendor], manifest.contents)
    return manifest


def newer_refuse(migrations: Collection[str]) -> None:
    """Raises ServiceError if one of the migrations is not of this version."""
    loaded = MigrationLoader(None).disk_migrations
    known = {f"{app}.{name}" for app, name in loaded}
    known |= {f"{app}.{name}" for migration in loaded.values() for app, name in migration.replaces}
    own = ("archive.", "moderation.")
    if unknown := sorted(one for one in migrations if one.startswith(own) and one not in known):
        raise conflict(f"The backup was made by a newer version: this one does not have the migration {unknown[-1]}.")


def _fill(database: BaseDatabaseWrapper, copy: Path, expected: Contents) -> None:
    if database.vendor == "sqlite":
        _file_fill(database, copy, expected)
        return
    dump_restore(database, copy)
    with connected(database, "restored") as own:
        _compare(own, expected)


def _file_fill(database: BaseDatabaseWrapper, copy: Path, expected: Contents) -> None:
    """Compares under another name first: what is not as expected never stands under the database's."""
    path = Path(database.settings_dict["NAME"])
    part = path.with_name(f".{path.name}.restoring")
    part.unlink(missing_ok=True)
    try:
        with private(part):
            shutil.copyfile(copy, part)
        with connected(database, "restored", str(part)) as own:
            _compare(own, expected)
        part.replace(path)
    finally:
        for one in part.parent.glob(f"{part.name}*"):
            one.unlink()


def _compare(database: BaseDatabaseWrapper, expected: Contents) -> None:
    if said := differences(expected, contents_of(database)):
        raise ServiceError("restore_failed", f"What was restored is not what was backed up: {'; '.join(said)}.")
