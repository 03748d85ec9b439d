"""The available models: frozen descriptions from each model's `model.json`, and the verification of its files.

A model is a folder: `model.json` (the description), `model.xml` and `model.bin` (OpenVINO), `tokenizer.json`.
`conversion.convert` writes such folders; the scorer opens one only if its files have the described hash.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from moderation.scoring.catalogue.published import PUBLISHED
from moderation.scoring.results import ScoringError

HERE = Path(__file__).resolve().parents[1]
# Models inside the project; `look_in` adds the folder of converted ones.
MODELS = {name: HERE / name for name in ("compact", "world")}
# All files that determine a score, in hashing order.
HASHED_FILES = ("model.xml", "model.bin", "tokenizer.json")
DESCRIPTION_FILE = "model.json"

_converted: list[Path] = []


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What is known about a model without opening it.

    Attributes:
        attributes: The outputs that are this project's attributes, in output order.
        perspective: The other outputs, on Perspective's scale, after the attributes.
        languages: ISO 639 codes of the languages it was trained for.
        default_language: Assumed for a text that is too short or ambiguous.
        max_tokens: The model's longest window, special tokens included.
        overlap_tokens: Tokens shared by neighbouring windows of a long text.
        size_bytes: Size of the hashed files on disk.
        sha256: SHA-256 of `model.xml`, `model.bin` and `tokenizer.json`, in this order.
        source: Where the weights come from.
        checkpoint_sha256: SHA-256 of the converted checkpoint.
        precision: The fastest number type that kept parity at conversion: `bf16` or `f32`.
        exact_parts: How many parts at the start are in float32 while the others are in bfloat16; a layer has two.
        tokens: Whether the model also has an output for the toxicity of each token.
        experimental_languages: Languages in which it is not good enough to be served without somebody saying so; none
            of them is among `languages`.
    """

    name: str
    version: int
    attributes: tuple[str, ...]
    perspective: tuple[str, ...]
    languages: tuple[str, ...]
    default_language: str
    max_tokens: int
    overlap_tokens: int
    size_bytes: int
    licence: str
    sha256: str
    source: str
    checkpoint_sha256: str = ""
    precision: str = "bf16"
    tokens: bool = False
    exact_parts: int = 0
    experimental_languages: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name and version as one word, `compact@1`."""
        return f"{self.name}@{self.version}"

    @property
    def outputs(self) -> tuple[str, ...]:
        """All outputs, in the model's order."""
        return self.attributes + self.perspective


def look_in(folder: Path | None) -> None:
    """Also look for models in the subfolders of `folder`; None restricts to the project's own."""
    _converted[:] = [folder] if folder else []


def folders() -> dict[str, Path]:
    """The folder of each model that can be opened, by name."""
    descriptions = [path for folder in _converted for path in sorted(folder.glob(f"[!.]*/{DESCRIPTION_FILE}"))]
    return {path.parent.name: path.parent for path in descriptions} | MODELS


def available() -> tuple[str, ...]:
    """Names of the models that can be opened."""
    return tuple(folders())


def folder_of(name: str) -> Path:
    """The folder of a model by its bare name.

    Raises:
        ScoringError: `unknown_model`, or `model_missing` for a model of Detoxify's that is not converted yet.
    """
    known = folders()
    if name in known:
        return known[name]
    if name in PUBLISHED:
        raise ScoringError("model_missing", f"{name} is not converted yet: run manage.py convert_model {name}.")
    raise ScoringError("unknown_model", f"There is no model {name!r}; known: {', '.join([*known, *PUBLISHED])}.")


def describe(name: str) -> ModelDescription:
    """The description of a model by `NAME` or `NAME@VERSION`.

    Raises:
        ScoringError: `unknown_model`, `model_missing`; a retry does not help.
    """
    bare = name.partition("@")[0]
    description = read_description(folder_of(bare))
    if name not in {bare, description.label}:
        detail = (
            f"There is no model {name!r}; this version has {description.label}: `model activate {description.label}`."
        )
        raise ScoringError("unknown_model", detail)
    return description


@cache
def read_description(folder: Path) -> ModelDescription:
    """Read a model folder's description, once per process.

    Raises:
        ScoringError: `model_missing` if there is none or it cannot be read.
    """
    return _read(folder)


def _read(folder: Path) -> ModelDescription:
    try:
        fields: dict[str, Any] = json.loads((folder / DESCRIPTION_FILE).read_text(encoding="utf-8"))
        lists: dict[str, Any] = {key: tuple(value) for key, value in fields.items() if isinstance(value, list)}
        return _apart(ModelDescription(**(fields | lists)))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ScoringError("model_missing", f"{folder / DESCRIPTION_FILE} cannot be read as a model.") from error


def _apart(description: ModelDescription) -> ModelDescription:
    """A model whose languages are the certain ones alone, should its file list the experimental ones among them too."""
    sure = tuple(code for code in description.languages if code not in description.experimental_languages)
    return replace(description, languages=sure)


def folder_hash(folder: Path) -> str:
    """SHA-256 of the files of a model folder that determine its scores.

    Raises:
        ScoringError: `model_missing` if one of them is missing.
    """
    return file_hash(*(folder / name for name in HASHED_FILES))


def file_hash(*paths: Path) -> str:
    """SHA-256 of the concatenated files.

    Raises:
        ScoringError: `model_missing` if one of them cannot be read.
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
        except OSError as error:
            raise ScoringError("model_missing", f"{path} cannot be read.") from error
    return digest.hexdigest()


def verify(folder: Path, description: ModelDescription) -> None:
    """Refuse a model folder whose files are not the described ones.

    Raises:
        ScoringError: `model_hash_mismatch` or `model_missing`; restore the right files, a retry does not help.
    """
    found = folder_hash(folder)
    if found != description.sha256:
        raise ScoringError(
            "model_hash_mismatch",
            f"The files of {description.label} have SHA-256 {found[:12]}…, described is {description.sha256[:12]}….",
        )


def verify_now(name: str) -> ModelDescription:
    """Check a model's folder as it is now: read its description again, and verify the hash of its files.

    Cheap to repeat: files are hashed again only if their size, times or inode have changed.

    Raises:
        ScoringError: What `describe` and `verify` raise.
    """
    bare = name.partition("@")[0]
    folder = folder_of(bare)
    description = _read(folder)
    if _hash_of(folder, tuple(_identity(folder / file) for file in HASHED_FILES)) != description.sha256:
        raise ScoringError("model_hash_mismatch", f"The files of {description.label} are not the described ones.")
    if name not in {bare, description.label}:
        raise ScoringError("unknown_model", f"There is no model {name!r}; this version has {description.label}.")
    return description


@lru_cache(maxsize=8)
def _hash_of(folder: Path, _identities: tuple[tuple[int, ...], ...]) -> str:
    return folder_hash(folder)


def _identity(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError as error:
        raise ScoringError("model_missing", f"{path} cannot be read.") from error
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
