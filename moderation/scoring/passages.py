"""Passages on their way through the model: begun as soon as they are known, read when all of them are.

So the processors infer what was prepared while the next texts are looked at. Equal passages, and equal windows of
different ones, are run once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from moderation.scoring import windows
from moderation.scoring.descriptions import ModelDescription
from moderation.scoring.engine import Session
from moderation.scoring.tokens import Tokens

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

SPECIAL_TOKENS = 2
Window = tuple[int, ...]


class Passages:
    """The passages of one call; used by one thread."""

    def __init__(self, description: ModelDescription, load: Callable[[], tuple[Tokens, Session]]) -> None:
        """Remember the model; it is opened for the first passage.

        Args:
            description: Of the model.
            load: Opens it.
        """
        self._description = description
        self._load = load
        self._windows: dict[str, list[Window]] = {}
        self._place: dict[Window, int] = {}
        self._begun: list[Callable[[], NDArray[float32]]] = []

    def add(self, passages: Iterable[str]) -> None:
        """Tokenise what was not asked before, and let the engine begin with it.

        Raises:
            ScoringError: What opening the model raises.
        """
        new = [passage for passage in dict.fromkeys(passages) if passage not in self._windows]
        if not new:
            return
        tokens, session = self._load()
        self._windows |= zip(new, (self._split(ids, tokens) for ids in tokens.encode(new)), strict=True)
        fresh = [one for one in dict.fromkeys(w for p in new for w in self._windows[p]) if one not in self._place]
        self._place |= {window: place for place, window in enumerate(fresh, len(self._place))}
        self._begun.append(session.start([tokens.enclose(one) for one in fresh], len(self._description.outputs)))

    def rows(self) -> dict[str, tuple[list[float], int]]:
        """Outputs and number of windows of each passage, once the engine is done with all.

        Raises:
            ScoringError: `inference_failed`, retryable.
        """
        if not self._begun:
            return {}
        import numpy

        values = numpy.concatenate([finished() for finished in self._begun])
        return {passage: (self._combined(values, parts), len(parts)) for passage, parts in self._windows.items()}

    def _split(self, ids: Sequence[int], tokens: Tokens) -> list[Window]:
        size = self._description.max_tokens - SPECIAL_TOKENS
        ids = windows.condensed(ids, tokens.slight) if len(ids) > size else ids
        return windows.split(ids, size, self._description.overlap_tokens)

    def _combined(self, values: NDArray[float32], parts: Sequence[Window]) -> list[float]:
        return windows.combine(values[[self._place[part] for part in parts]], self._description.outputs)
