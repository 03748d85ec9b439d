"""Soft labels as a file: `taught.npz`, which a later run over the same data can reuse (`--taught`).

A share is one byte, its logit in steps of a twentieth from 0.002 to 0.998; 0 means unknown. The file holds a key for
each text, so that it cannot be read with other texts: every text that teachers are asked about must be in it. Others,
such as the project's own sentences, may be new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from moderation.training.augmentation.concatenation import is_asked
from moderation.training.examples import Example, Marked, TrainingError
from moderation.training.network.batches import Floats, SoftLabelled

COLUMNS = ("soft", "weight", "asked", "mark_text", "mark_place", "mark_share", "keys")
STEPS, MIDDLE = 20.0, 128.0
LEAST, MOST = 0.001, 0.999


def write_soft_labels(path: Path, labelled: SoftLabelled) -> None:
    """Write the file atomically."""
    marks = [(i, *mark) for i, words in enumerate(labelled.words) for mark in words or ()]
    asked = [words is not None for words in labelled.words] or [False] * len(labelled.examples)
    new = path.with_suffix(".new")
    with new.open("wb") as file:  # a file, not a path, to which numpy would add a suffix
        np.savez_compressed(
            file,
            soft=_to_bytes(labelled.soft),
            weight=np.float32(labelled.weight),
            asked=np.array(asked),
            mark_text=np.array([mark[0] for mark in marks], dtype=np.uint32),
            mark_place=np.array([mark[1:3] for mark in marks], dtype=np.uint16).reshape(-1, 2),
            mark_share=np.array([round(100 * mark[3]) for mark in marks], dtype=np.uint8),
            keys=_keys(labelled.examples),
        )
    new.replace(path)


def read_soft_labels(path: Path, examples: Sequence[Example]) -> SoftLabelled:
    """Read the soft labels of these examples.

    Raises:
        TrainingError: If the file cannot be read, or is about other texts.
    """
    try:
        with path.open("rb") as raw, np.load(raw) as file:
            columns = {name: file[name] for name in COLUMNS}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise TrainingError(f"{path} holds nothing that teachers said: {type(error).__name__}.") from error
    places = _places(columns["keys"], examples)
    if lacking := [one for one, place in zip(examples, places, strict=True) if place < 0 and is_asked(one)]:
        raise TrainingError(f"{path} is about other texts: it lacks {len(lacking):,} of {len(examples):,}.")
    asked = columns["asked"]
    words = _words(columns, places) if asked.any() else []
    soft = _from_bytes(columns["soft"])[places]
    soft[places < 0] = np.nan
    return SoftLabelled(examples, soft, float(columns["weight"]), words)


def _places(keys: NDArray[np.uint64], examples: Sequence[Example]) -> NDArray[np.int64]:
    """Each example's row in the file, -1 if it has none."""
    known = {key: place for place, key in enumerate(keys.tolist())}
    return np.array([known.get(key, -1) for key in _keys(examples).tolist()], dtype=np.int64)


def _words(columns: dict[str, Any], places: NDArray[np.int64]) -> list[Marked | None]:
    marks: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
    found = (columns[name].tolist() for name in ("mark_text", "mark_place", "mark_share"))
    for i, (begin, end), share in zip(*found, strict=True):
        marks[i].append((begin, end, share / 100))
    asked = columns["asked"]
    return [tuple(marks.get(i, ())) if i >= 0 and asked[i] else None for i in places.tolist()]


def _keys(examples: Sequence[Example]) -> NDArray[np.uint64]:
    digests = b"".join(sha256(f"{one.set} {one.text}".encode()).digest()[:8] for one in examples)
    return np.frombuffer(digests, dtype=np.uint64)


def _to_bytes(shares: Floats) -> NDArray[np.uint8]:
    kept = np.clip(shares, LEAST, MOST)
    steps = np.rint(np.log(kept / (1 - kept)) * STEPS + MIDDLE)
    return np.where(np.isnan(shares), 0, np.clip(steps, 1, 255)).astype(np.uint8)


def _from_bytes(steps: NDArray[np.uint8]) -> Floats:
    found: Floats = (1 / (1 + np.exp(-(steps.astype(np.float32) - MIDDLE) / STEPS))).astype(np.float32)
    found[steps == 0] = np.nan
    return found
