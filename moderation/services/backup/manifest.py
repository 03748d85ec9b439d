"""What a backup says of itself: `manifest.json` beside the copy of the database."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path

from moderation.services.errors import conflict

FORMAT = 1
MANIFEST = "manifest.json"
# Vendor of the database → the name of its copy.
COPIES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds.

    Attributes:
        rows: Table → its rows; the search index of SQLite, which is made from the comments, is left out.
        migrations: The applied ones, as `app.name`, sorted.
        decisions: SHA-256 over the ledger's rows in the order of their ids.
        seals: Decisions whose comment still has the text that was judged.
        broken_seals: Of those, the ones whose seal does not fit that text.
    """

    rows: Mapping[str, int]
    migrations: tuple[str, ...]
    decisions: str
    seals: int
    broken_seals: int

    @property
    def total(self) -> int:
        """Rows of all tables."""
        return sum(self.rows.values())


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup. `made_at` is ISO 8601 in UTC, `sha256` that of the copy's file."""

    vendor: str
    made_at: str
    sha256: str
    contents: Contents
    format: int = FORMAT


def manifest_write(folder: Path, manifest: Manifest) -> None:
    """Writes the manifest into a backup's folder."""
    content = json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(content, encoding="utf-8")


def manifest_read(folder: Path) -> Manifest:
    """Returns the manifest of the backup in `folder`.

    Raises:
        ServiceError: There is none, it is of another format, or the copy is missing or was changed. No retry helps.
    """
    try:
        manifest = _parsed((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise conflict(f"{folder} is no backup: it has no {MANIFEST} that can be read.") from None
    if manifest.format != FORMAT or manifest.vendor not in COPIES:
        raise conflict(f"{folder}: a backup of format {manifest.format!r}, which this version cannot read.")
    if copy_digest(folder, manifest.vendor) != manifest.sha256:
        raise conflict(f"{folder / COPIES[manifest.vendor]} is not as it was made: its SHA-256 differs.")
    return manifest


def _parsed(content: str) -> Manifest:
    said = json.loads(content)
    held = said.pop("contents")
    held["migrations"] = tuple(held["migrations"])
    return Manifest(contents=Contents(**held), **said)


def copy_digest(folder: Path, vendor: str) -> str:
    """Returns the SHA-256 of a backup's copy; raises ServiceError if it is missing."""
    try:
        with (folder / COPIES[vendor]).open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise conflict(f"{folder / COPIES[vendor]}: {error.strerror}.") from None
