"""Measures how far a converted model deviates from Detoxify.predict with the same weights on the same texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from moderation.scoring.inference.session import InferenceSession
from moderation.scoring.inference.tokens import Tokens

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    from moderation.scoring.conversion.detoxified import Detoxified

MAX_DIFFERENCE = 0.01
# Comments not compared deviate further: of 4,776, one deviated twice as much as any other. So arithmetic faster than
# float32 is kept only with a margin to the limit, larger if few texts were compared.
WITH_ROOM, WITH_LESS_ROOM = 0.6, 0.7
MANY_TEXTS = 2_000
MIN_RANK_CORRELATION = 0.999
# The ranks of an output that hardly varies reflect rounding and mean nothing; nor do those of few texts.
MIN_SPREAD = 0.02
MIN_TEXTS = 100

Progress = Callable[[Sequence[str]], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Parity:
    """The comparison of one number type.

    Attributes:
        precision: The number type of the converted model.
        exact_parts: How many parts at its start were in float32 nevertheless.
        texts: Number of texts compared.
        left_out: Number of texts longer than one window: Detoxify truncates them, this engine reads them whole.
        largest: Largest absolute difference of any output, in probability.
        mean: Mean absolute difference.
        rank_correlation: Spearman's, the lowest among the outputs that vary enough; 1 if none does.
        spread: Lowest standard deviation of an output.
        strayed: The comparison of the next faster arithmetic, if that was tried first and deviated too far.
    """

    precision: str
    texts: int
    left_out: int
    largest: float
    mean: float
    rank_correlation: float
    spread: float
    strayed: Parity | None = None
    exact_parts: int = 0

    @property
    def kept(self) -> bool:
        """Whether the converted model may be used."""
        in_order = self.rank_correlation >= MIN_RANK_CORRELATION or self.texts < MIN_TEXTS
        return self.largest <= MAX_DIFFERENCE * self._room and in_order

    @property
    def _room(self) -> float:
        if self.precision == "f32":
            return 1.0
        return WITH_LESS_ROOM if self.texts >= MANY_TEXTS else WITH_ROOM

    @property
    def arithmetic(self) -> str:
        """The number type for display, such as `bf16 after 2 parts in f32` if there are two."""
        parts = f" after {self.exact_parts} part{'s' if self.exact_parts > 1 else ''} in f32"
        return self.precision + (parts if self.exact_parts else "")


@dataclass(frozen=True, slots=True)
class Reference:
    """The results of Detoxify.predict for the texts that fit into one window.

    Attributes:
        windows: Their token ids, special tokens included.
        values: Texts × outputs, in the order of the converted model's outputs.
    """

    windows: list[tuple[int, ...]]
    values: NDArray[float32]
    left_out: int


def refer(
    source: Detoxified, folder: Path, texts: Sequence[str], columns: Sequence[int], max_tokens: int, progress: Progress
) -> Reference:
    """Score each text that fits into one window with Detoxify, one at a time, because padding changes its scores.

    Args:
        folder: With the converted model's `tokenizer.json`.
        columns: Detoxify's outputs, in the order of the converted model's.
        progress: Yields the texts, and shows the progress.
    """
    import numpy

    tokens = Tokens(folder / "tokenizer.json")
    windows = {text: tokens.enclose(ids) for text, ids in zip(texts, tokens.encode(texts), strict=True)}
    fitting = [text for text in texts if len(windows[text]) <= max_tokens]
    rows = [source.predict([text])[0] for text in progress(fitting)]
    values = numpy.stack(rows)[:, list(columns)]
    return Reference([windows[text] for text in fitting], values, len(texts) - len(fitting))


def compare(model: Path, reference: Reference, precision: str, exact_parts: int = 0) -> Parity:
    """Run the converted model on the reference's windows in `bf16` or `f32`, its first `exact_parts` parts in `f32`."""
    import numpy

    from moderation.scoring.metrics.quality import rank_correlation

    session = InferenceSession(model, precision=precision, exact_parts=exact_parts)
    found = session.run(reference.windows, reference.values.shape[1])
    difference = numpy.abs(found - reference.values)
    spread = reference.values.std(axis=0)
    pairs = ((found[:, i], reference.values[:, i]) for i in numpy.flatnonzero(spread >= MIN_SPREAD))
    ranks = [rank_correlation(ours.astype(numpy.float64), theirs.astype(numpy.float64)) for ours, theirs in pairs]
    return Parity(
        session.precision,
        len(reference.windows),
        reference.left_out,
        float(difference.max()),
        float(difference.mean()),
        min(ranks, default=1.0),
        float(spread.min()),
        exact_parts=exact_parts,
    )
