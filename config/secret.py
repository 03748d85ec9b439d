"""The secret key of a development installation: made once, kept in `var/`, readable by its owner only."""

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key


def development_secret_key(folder: Path) -> str:
    """Returns the key in `folder/secret_key`, making it first where it is missing."""
    path = folder / "secret_key"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8")
    key = get_random_secret_key()
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(key)
    return key
