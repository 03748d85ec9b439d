"""What teachers said, as a file: `taught.npz`, which a later run over the same data can take (`--taught`).

A share is one byte, its logit in steps of a twentieth from 0.002 to 0.998; 0 stands for unknown. The file holds the
checksum of the texts, so that it is never read beside others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from moderation.training.batches import Floats, Taught
from moderation.training.examples import Example, Marked, TrainingError

COLUMNS = ("soft", "weight", "asked", "mark_text", "mark_place", "mark_share", "texts")
STEPS, MIDDLE = 20.0, 128.0
LEAST, MOST = 0.001, 0.999


def write_taught(path: Path, taught: Taught) -> None:
    """Write it whole, or not at all."""
    marks = [(i, *mark) for i, words in enumerate(taught.words) for mark in words or ()]
    asked = [words is not None for words in taught.words] or [False] * len(taught.examples)
    new = path.with_suffix(".new")
    with new.open("wb") as file:  # a file, not a path: numpy would add its own ending
        np.savez_compressed(
            file,
            soft=_to_bytes(taught.soft),
            weight=np.float32(taught.weight),
            asked=np.array(asked),
            mark_text=np.array([mark[0] for mark in marks], dtype=np.uint32),
            mark_place=np.array([mark[1:3] for mark in marks], dtype=np.uint16).reshape(-1, 2),
            mark_share=np.array([round(100 * mark[3]) for mark in marks], dtype=np.uint8),
            texts=np.array(_checksum(taught.examples)),
        )
    new.replace(path)


def read_taught(path: Path, examples: Sequence[Example]) -> Taught:
    """Read what was said of these examples.

    Raises:
        TrainingError: Where it cannot be read, or is about other texts.
    """
    try:
        with path.open("rb") as raw, np.load(raw) as file:
            columns = {name: file[name] for name in COLUMNS}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise TrainingError(f"{path} holds nothing that teachers said: {type(error).__name__}.") from error
    if str(columns["texts"]) != _checksum(examples):
        raise TrainingError(f"{path} is about other texts: the data was not the same.")
    marks: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
    places = (columns[name].tolist() for name in ("mark_text", "mark_place", "mark_share"))
    for i, (begin, end), share in zip(*places, strict=True):
        marks[i].append((begin, end, share / 100))
    asked = columns["asked"].tolist()
    words = list(_words(marks, asked)) if any(asked) else []
    return Taught(examples, _from_bytes(columns["soft"]), float(columns["weight"]), words)


def _words(marks: dict[int, list[tuple[int, int, float]]], asked: Sequence[bool]) -> Iterator[Marked | None]:
    return (tuple(marks.get(i, ())) if was else None for i, was in enumerate(asked))


def _checksum(examples: Sequence[Example]) -> str:
    found = sha256()
    for one in examples:
        found.update(f"{one.set} {one.text}\n".encode())
    return found.hexdigest()


def _to_bytes(shares: Floats) -> NDArray[np.uint8]:
    kept = np.clip(shares, LEAST, MOST)
    steps = np.rint(np.log(kept / (1 - kept)) * STEPS + MIDDLE)
    return np.where(np.isnan(shares), 0, np.clip(steps, 1, 255)).astype(np.uint8)


def _from_bytes(steps: NDArray[np.uint8]) -> Floats:
    found: Floats = (1 / (1 + np.exp(-(steps.astype(np.float32) - MIDDLE) / STEPS))).astype(np.float32)
    found[steps == 0] = np.nan
    return found
