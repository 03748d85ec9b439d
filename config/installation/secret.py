"""The secret key of a development installation: generated once, kept in `var/`, readable by its owner only."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

MIN_LENGTH = 50


def development_secret_key(folder: Path) -> str:
    """Returns the key in `folder/secret_key`; generates it if it is missing or empty.

    Raises:
        ImproperlyConfigured: the file cannot be read or created, or its key is too short; says which, and the remedy.
    """
    path = folder / "secret_key"
    try:
        if not path.exists() or not path.read_text(encoding="utf-8").strip():
            _make(path)
        key = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or "it is no text"
        raise ImproperlyConfigured(f"The secret key in {path} cannot be read or made: {said}.") from error
    if len(key) < MIN_LENGTH:
        mend = "Put the whole key back, or remove the file: a new one is made, and sessions and webhook secrets end."
        raise ImproperlyConfigured(f"{path} holds {len(key)} characters of a key, and a key has {MIN_LENGTH}. {mend}")
    return key


def _make(path: Path) -> None:
    """Writes a key to a temporary file and moves it into place, so that nobody ever reads half a key."""
    part = path.with_name(f".secret_key.{os.getpid()}")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(get_random_secret_key())
    try:
        _put(part, path)
    finally:
        part.unlink(missing_ok=True)


def _put(part: Path, path: Path) -> None:
    """Moves the file into place; if another process created a key in the meantime, that one is kept."""
    if path.exists() and not path.read_text(encoding="utf-8").strip():
        part.replace(path)
        return
    try:
        path.hardlink_to(part)
    except FileExistsError:
        pass
    except OSError:
        # The file system has no hard links.
        part.replace(path)
