"""What each threshold of a model's toxicity means in each language: the table in docs/thresholds.md.

Shares have Clopper and Pearson's 95 % intervals; a difference of two shares has Newcombe's (1998, method 10), which is
built on Wilson's. Both are statsmodels'.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from moderation.evaluation.collect import HALF, Evaluated
from moderation.scoring.metrics.quality import Flags, Floats

ATTRIBUTE = "toxicity"
THRESHOLDS = tuple(round(0.3 + 0.05 * step, 2) for step in range(14))
ALPHA = 0.05
# Fewer texts that name a group, or do not, tell nothing of the gap between them.
MIN_TEXTS = 50
COLUMNS = ("threshold", "precision", "recall", "harmless flagged", "of a newspaper's comments", "identity gap")


@dataclass(frozen=True, slots=True)
class Share:
    """A share, or a difference of two, with the ends of its interval; None if nothing tells."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Row:
    """What `score >= threshold` does.

    Attributes:
        precision: Of the flagged texts, those that people call toxic.
        recall: Of the toxic texts, those that are flagged.
        harmless: Of the harmless texts, those that are flagged.
        queued: Of a newspaper's comments, those that are flagged.
        gap: By how much more of the harmless texts that name a group are flagged than of those that name none.
    """

    threshold: float
    precision: Share | None
    recall: Share | None
    harmless: Share | None
    queued: Share | None
    gap: Share | None


@dataclass(frozen=True, slots=True)
class LanguageTable:
    """The rows of one model and language, and how many texts they are made from."""

    model: str
    language: str
    toxic: int
    harmless: int
    newspaper: int
    naming: int
    rows: Sequence[Row]
    files: Sequence[str] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Returns the table as JSON's types."""
        return asdict(self)


def language_table(
    *, model: str, language: str, labelled: Evaluated, newspaper: Evaluated | None, files: Sequence[str]
) -> LanguageTable:
    """Returns the table of one model and language.

    Args:
        labelled: Texts that people have judged.
        newspaper: Comments that a newspaper has published, whatever they say; None if there are none.
        files: The names of what was read.
    """
    judged = labelled.labels[ATTRIBUTE]
    scores, shares = judged.arrays()
    naming = np.array([bool(terms) for terms in judged.terms], dtype=bool)
    published = np.array(newspaper.rates[ATTRIBUTE]) if newspaper else np.array([])
    toxic = shares >= HALF
    rows = [_row(threshold, scores, toxic, naming, published) for threshold in THRESHOLDS]
    counts = {"toxic": int(toxic.sum()), "harmless": int((~toxic).sum()), "naming": int((naming & ~toxic).sum())}
    return LanguageTable(model, language, newspaper=len(published), rows=rows, files=tuple(files), **counts)


def _row(threshold: float, scores: Floats, toxic: Flags, naming: Flags, published: Floats) -> Row:
    flagged = scores >= threshold
    return Row(
        threshold,
        precision=share(toxic[flagged]),
        recall=share(flagged[toxic]),
        harmless=share(flagged[~toxic]),
        queued=share(published >= threshold),
        gap=difference(flagged[naming & ~toxic], flagged[~naming & ~toxic]),
    )


def share(hits: Flags) -> Share | None:
    """Returns the share of hits; None of nothing."""
    from statsmodels.stats.proportion import proportion_confint

    if not len(hits):
        return None
    low, high = proportion_confint(int(hits.sum()), len(hits), alpha=ALPHA, method="beta")
    return Share(float(hits.mean()), float(low), float(high))


def difference(first: Flags, second: Flags) -> Share | None:
    """Returns the first share less the second; None if there are fewer than `MIN_TEXTS` of either."""
    from statsmodels.stats.proportion import confint_proportions_2indep

    if min(len(first), len(second)) < MIN_TEXTS:
        return None
    counts = (int(first.sum()), len(first), int(second.sum()), len(second))
    low, high = confint_proportions_2indep(*counts, method="newcomb", compare="diff", alpha=ALPHA)
    return Share(float(first.mean() - second.mean()), float(low), float(high))


def tables_report(*, tables: Sequence[LanguageTable], notes: Sequence[str]) -> str:
    """Returns the tables as Markdown, with `notes` above them."""
    lines = ["# What a threshold means", "", *notes]
    for table in tables:
        lines += ["", *_lines(table)]
    return "\n".join(lines) + "\n"


def _lines(table: LanguageTable) -> Iterator[str]:
    yield f"## {table.model}, `{table.language}`"
    yield ""
    yield (
        f"{table.toxic:,} toxic and {table.harmless:,} harmless texts, {table.naming:,} of these name a group; "
        f"{table.newspaper:,} comments of a newspaper. From {', '.join(f'`{name}`' for name in table.files)}."
    )
    yield ""
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"|{' --- |' * len(COLUMNS)}"
    for row in table.rows:
        found = (row.precision, row.recall, row.harmless, row.queued)
        cells = (f"{row.threshold:.2f}", *map(_percent, found), _percent(row.gap, signed=True))
        yield f"| {' | '.join(cells)} |"


def _percent(found: Share | None, *, signed: bool = False) -> str:
    if found is None:
        return "–"
    sign = "+" if signed else ""
    low, high = found.low * 100, found.high * 100
    return f"{found.value * 100:{sign}.1f} ({low:{sign}.1f} to {high:{sign}.1f})"
