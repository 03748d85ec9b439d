"""How far a converted model is from Detoxify.predict with the same weights, on the same texts."""

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
# Comments that nobody compared stray further: of 4,776 one by twice as much as all others. So what is faster than
# float32 is kept only with room to the limit, more of it where few were compared.
WITH_ROOM, WITH_LESS_ROOM = 0.6, 0.7
MANY_TEXTS = 2_000
MIN_RANK_CORRELATION = 0.999
# Where an output hardly differs from text to text its order is that of rounding and says nothing; so with few texts.
MIN_SPREAD = 0.02
MIN_TEXTS = 100

Progress = Callable[[Sequence[str]], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Parity:
    """The comparison of one number type.

    Attributes:
        precision: The number type the converted form ran in.
        exact_parts: Parts at its start that were in float32 nevertheless.
        texts: How many texts were compared.
        left_out: Texts that are longer than one window: Detoxify cuts them, this engine reads them whole.
        largest: Largest absolute difference of any output, in probability.
        mean: Mean absolute difference.
        rank_correlation: Spearman's, the lowest of the outputs that spread; 1 where none does.
        spread: Lowest standard deviation of an output.
        strayed: The comparison of the next faster arithmetic, where that was tried first and strayed too far.
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
        """Whether the converted form may be used."""
        in_order = self.rank_correlation >= MIN_RANK_CORRELATION or self.texts < MIN_TEXTS
        return self.largest <= MAX_DIFFERENCE * self._room and in_order

    @property
    def _room(self) -> float:
        if self.precision == "f32":
            return 1.0
        return WITH_LESS_ROOM if self.texts >= MANY_TEXTS else WITH_ROOM

    @property
    def arithmetic(self) -> str:
        """The number type as a person reads it, `bf16 after 2 parts in f32` where not all is in one."""
        parts = f" after {self.exact_parts} part{'s' if self.exact_parts > 1 else ''} in f32"
        return self.precision + (parts if self.exact_parts else "")


@dataclass(frozen=True, slots=True)
class Reference:
    """What Detoxify.predict says of the texts that fit into one window.

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
    """Ask Detoxify about each text that fits into one window, one at a time, since padding moves its scores.

    Args:
        folder: With the converted model's `tokenizer.json`.
        columns: Detoxify's outputs, in the order of the converted model's.
        progress: Gives the texts back, and shows how far it is.
    """
    import numpy

    tokens = Tokens(folder / "tokenizer.json")
    windows = {text: tokens.enclose(ids) for text, ids in zip(texts, tokens.encode(texts), strict=True)}
    fitting = [text for text in texts if len(windows[text]) <= max_tokens]
    rows = [source.predict([text])[0] for text in progress(fitting)]
    values = numpy.stack(rows)[:, list(columns)]
    return Reference([windows[text] for text in fitting], values, len(texts) - len(fitting))


def compare(model: Path, reference: Reference, precision: str, exact_parts: int = 0) -> Parity:
    """Run the converted model on the reference's windows, in `bf16` or `f32`, or in `f32` for its first parts alone."""
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
