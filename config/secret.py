"""The secret key of a development installation: made once, kept in `var/`, readable by its owner only."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

MIN_LENGTH = 50


def development_secret_key(folder: Path) -> str:
    """Returns the key in `folder/secret_key`, making it first if it is missing or empty.

    Raises:
        ImproperlyConfigured: The file cannot be read or made, or holds no whole key; it says which file, and the mend.
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
    """Writes a key beside the file and renames it, so that nobody ever reads half of one."""
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
    """Gives the file its name; where another process made a key meanwhile, that one stays."""
    if path.exists() and not path.read_text(encoding="utf-8").strip():
        part.replace(path)
        return
    try:
        path.hardlink_to(part)
    except FileExistsError:
        pass
    except OSError:
        # A file system without links.
        part.replace(path)
