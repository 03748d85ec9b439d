"""The facade: N texts in, N results or refusals out, in the same order.

The path of a text: language and readings (`plans`) → tokens → windows → batches → the engine → combined windows → a
Result, with spans on request (`explain`). Equal texts, and equal windows of different texts, are run once.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from moderation.scoring.catalogue.descriptions import ModelDescription, describe, folder_of, verify
from moderation.scoring.catalogue.routing import Routing
from moderation.scoring.explain import explained
from moderation.scoring.inference import windows
from moderation.scoring.inference.session import InferenceSession
from moderation.scoring.inference.tokens import SPECIAL_TOKENS, Tokens
from moderation.scoring.plans import PreparedText, plan, result
from moderation.scoring.results import Refusal, Result, ScoringError
from moderation.scoring.token_marks import Mark, token_marks

logger = logging.getLogger(__name__)


class Scorer:
    """One model, opened on first use in each process; thread-safe.

    Attributes:
        description: The model's description.
        routing: Of this model by itself, its experimental languages included.
    """

    def __init__(self, description: ModelDescription, *, threads: int | None = None) -> None:
        """Store what to open; nothing is read yet.

        Args:
            description: From `describe`.
            threads: Threads for inference; None uses all processors that this process may use.
        """
        self.description = description
        self.routing = Routing.of(description)
        self._folder = folder_of(description.name)
        self._threads = threads
        self._lock = threading.Lock()
        self._opened: tuple[Tokens, InferenceSession] | None = None
        self._marking: InferenceSession | None = None

    def load(self) -> tuple[Tokens, InferenceSession]:
        """Verify the model's hash and open it in this process, once; `score` does so by itself.

        Raises:
            ScoringError: `model_missing`, `model_hash_mismatch`, or `inference_failed` if it cannot be compiled.
        """
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> tuple[Tokens, InferenceSession]:
        verify(self._folder, self.description)
        begun, before = time.monotonic(), _resident_mb()
        opened = Tokens(self._folder / "tokenizer.json"), self._session("probabilities")
        seconds, more = time.monotonic() - begun, _resident_mb() - before
        logger.info("%s was opened in %.1f s and takes %.0f MB", self.description.label, seconds, more)
        return opened

    def _session(self, output: str) -> InferenceSession:
        one = self.description
        return InferenceSession(
            self._folder / "model.xml",
            threads=self._threads,
            precision=one.precision,
            exact_parts=one.exact_parts,
            output=output,
        )

    def _load_marking(self) -> tuple[Tokens, InferenceSession]:
        """The session for the token output, opened on the first request for spans."""
        tokens, _ = self.load()
        with self._lock:
            self._marking = self._marking or self._session("tokens")
            return tokens, self._marking

    @property
    def precision(self) -> str:
        """The number type used on this processor, `bf16` or `f32`; opens the model."""
        return self.load()[1].precision

    def score(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str | None] | None = None,
        fallbacks: Sequence[str | None] | None = None,
        spans: bool = False,
        perspective: bool = False,
    ) -> list[Result | Refusal]:
        """Score any number of texts of any length; long ones are read in windows, never truncated.

        A text that looks obfuscated is also scored in deobfuscated form; the higher score counts.

        Args:
            texts: Plain text, as written.
            languages: One per text, or None; a given language is trusted, None or empty means detect it.
            fallbacks: One per text, or None: the language of a short or ambiguous text, None for the model's default.
            spans: Also score each sentence, and find the words that carry a score.
            perspective: Also return the outputs on Perspective's scale.

        Returns:
            One per text, same order; probabilities from 0 to 1.

        Raises:
            ScoringError: `invalid_arguments` if `languages` or `fallbacks` differs in length; what `load` raises;
                `inference_failed`, which a retry may resolve.
        """
        given = zip(texts, each_one(languages, texts), each_one(fallbacks, texts), strict=True)
        plans = [plan(text, language, fallback, self.routing) for text, language, fallback in given]
        accepted = [one for one in plans if isinstance(one, PreparedText)]
        found = self.score_prepared(accepted, spans=spans, perspective=perspective)
        return [found[one] if isinstance(one, PreparedText) else one for one in plans]

    def score_prepared(
        self, accepted: Sequence[PreparedText], *, spans: bool, perspective: bool
    ) -> dict[PreparedText, Result]:
        """Score texts that were prepared for this model; see `score`."""
        rows = self._rows(reading.text for one in accepted for reading in one.readings)
        found = {one: result(one, rows, self.description, perspective=perspective) for one in accepted}
        if spans:
            marks = self._marks if self.description.tokens else None
            found = explained(found, rows, self._rows, self.description, marks)
        return found

    def _rows(self, passages: Iterable[str]) -> dict[str, tuple[list[float], int]]:
        """Outputs and number of windows of each distinct passage."""
        unique = list(dict.fromkeys(passages))
        if not unique:
            return {}
        tokens, session = self.load()
        size, encoded = self.description.max_tokens - SPECIAL_TOKENS, tokens.encode(unique)
        long = {i: windows.condensed(ids, tokens.slight) for i, ids in enumerate(encoded) if len(ids) > size}
        split = [
            windows.split(long.get(i, ids), size, self.description.overlap_tokens) for i, ids in enumerate(encoded)
        ]
        place = {window: i for i, window in enumerate(dict.fromkeys(w for parts in split for w in parts))}
        values = session.run([tokens.enclose(window) for window in place], len(self.description.outputs))
        combined = (windows.combine(values[[place[w] for w in parts]], self.description.outputs) for parts in split)
        return {text: (row, len(parts)) for text, row, parts in zip(unique, combined, split, strict=True)}

    def _marks(self, passages: Iterable[str]) -> dict[str, list[Mark]]:
        """The token output for each token of each distinct passage."""
        unique = list(dict.fromkeys(passages))
        return token_marks(unique, self.description, *self._load_marking()) if unique else {}


def each_one(codes: Sequence[str | None] | None, texts: Sequence[str]) -> Sequence[str | None]:
    """A language for each text, None for all if there is no list.

    Raises:
        ScoringError: `invalid_arguments` if there are more or fewer than texts.
    """
    if codes is None:
        return [None] * len(texts)
    if len(codes) != len(texts):
        raise ScoringError("invalid_arguments", f"{len(codes)} languages came with {len(texts)} texts.")
    return codes


def _resident_mb() -> float:
    """The memory that this process holds now; 0 where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0.0
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


_shared: dict[tuple[ModelDescription, int | None], Scorer] = {}


def open_scorer(name: str = "compact", *, threads: int | None = None) -> Scorer:
    """The scorer of a model, one per process and arguments; cheap, because the model is opened on first use.

    Args:
        name: `NAME` or `NAME@VERSION`.
        threads: Threads for inference; None uses all processors that this process may use.

    Raises:
        ScoringError: `unknown_model`, `model_missing`; a retry does not help.
    """
    description = describe(name)
    return _shared.setdefault((description, threads), Scorer(description, threads=threads))
