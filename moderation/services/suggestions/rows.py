"""Reads an attribute's scores and what people decided as the arrays that estimates are made of; no text is read.

Decisions may have been made on another model's flags than the one in question: who was asked, and with what chance,
tells `services.samples`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db.models import F
from numpy.typing import NDArray

from moderation.estimates.rows import Flags, Floats, Rows
from moderation.models import ModelVersion, Score
from moderation.services.samples import chances
from moderation.services.samples.chances import SampleReader
from moderation.services.simulation.scope import SimulationScope
from moderation.services.verdicts.stored.stored_columns import EXPRESSIONS, last_id

CHUNK = 20_000
COLUMNS = (*chances.FIELDS, "day", "score__model_id")


@dataclass(frozen=True, slots=True)
class DecidedScores:
    """The comments that have a score of the model, with what people said of some of them.

    Attributes:
        rows: A row a comment; `matched` is False throughout, as no threshold is set yet.
        scores: Of the attribute, in the same order, 0 to 1.
        days: How many days have comments.
        waiting: How many of the rows were selected for review and have no decision yet.
        unscored: How many comments more have no score of the attribute by the model.
    """

    rows: Rows
    scores: Floats
    days: int
    waiting: int
    unscored: int

    @property
    def decisions(self) -> int:
        """How many decisions count."""
        return int(self.rows.reviewed.sum())


@dataclass(slots=True)
class ScoresReader:
    """Reads chunks of the comments in a scope; of each, numbers alone are kept, some twenty bytes."""

    model: ModelVersion
    attribute: str
    scope: SimulationScope
    days: set[int] = field(default_factory=set)
    parts: list[tuple[Floats, Flags, Flags, Floats]] = field(default_factory=list)
    waiting: int = 0
    unscored: int = 0
    _samples: SampleReader = field(default_factory=SampleReader)

    def read(self) -> DecidedScores:
        """Returns all comments with an id up to the largest of now: a few queries a chunk, none a row."""
        after, last = 0, last_id()
        while (found := self._chunk(after, last)) is not None:
            after = found
        scores, reviewed, harmful, probability = (np.concatenate(parts) for parts in zip(*self._all(), strict=True))
        rows = Rows(np.zeros(len(scores), np.bool_), reviewed, harmful, probability)
        return DecidedScores(rows, scores, len(self.days), self.waiting, self.unscored)

    def _all(self) -> list[tuple[Floats, Flags, Flags, Floats]]:
        nothing = (np.array([]), np.array([], np.bool_), np.array([], np.bool_), np.array([]))
        return [nothing, *self.parts]

    def _chunk(self, after: int, last: int) -> int | None:
        """Takes the first CHUNK comments with ids above `after`; returns the last of their ids, None without any."""
        made = {name: EXPRESSIONS[name] for name in ("is_sampled", "day")}
        names = ("pk", *COLUMNS, *attribute_column(self.attribute))
        reviews = self.scope.reviews().filter(pk__gt=after, pk__lte=last).order_by("pk").annotate(**made)
        rows = list(reviews.values_list(*names)[:CHUNK])
        if not rows:
            return None
        self._take(dict(zip((*names[:-1], "value"), zip(*rows, strict=True), strict=True)))
        return int(rows[-1][0])

    def _take(self, columns: Mapping[str, tuple[Any, ...]]) -> None:
        ids = np.array(columns["pk"], dtype=np.int64)
        scores, sample = self._scores(columns, ids), self._samples.read(ids, columns)
        known = ~np.isnan(scores)
        self.unscored += int((~known).sum())
        self.waiting += int((known & sample.waiting).sum())
        self.days |= set(np.unique(np.array(columns["day"])[known]).tolist())
        reviewed, harmful = sample.reviewed[known], sample.harmful[known]
        self.parts.append((scores[known], reviewed, harmful, sample.probability[known]))

    def _scores(self, columns: Mapping[str, tuple[Any, ...]], ids: NDArray[np.int64]) -> Floats:
        """Returns the scores by the model; NaN without one. The reviews' own are taken where they are of the model."""
        own = np.array(columns["score__model_id"]) == self.model.pk
        scores = np.where(own, np.array(columns["value"], dtype=np.float64), np.nan)
        if not own.all():
            others = scores_by(self.model, self.attribute, after=int(ids[0]) - 1, last=int(ids[-1]))
            at = np.flatnonzero(~own)
            scores[at] = [others.get(one, np.nan) for one in ids[at].tolist()]
        return scores


def attribute_column(attribute: str) -> tuple[str]:
    """Returns the lookup from a review to the score of an attribute."""
    return (attribute,) if attribute in Score.ATTRIBUTES else (f"score__extra__{attribute}",)


def scores_by(model: ModelVersion, attribute: str, *, after: int, last: int) -> dict[int, float]:
    """Returns comment id → the model's score of the text that the comment's review is about; in one query."""
    column = attribute if attribute in Score.ATTRIBUTES else f"extra__{attribute}"
    rows = Score.objects.by(model).filter(comment_id__gt=after, comment_id__lte=last)
    rows = rows.filter(text_hash=F("comment__review__score__text_hash")).order_by("comment_id", "revision")
    found = rows.values_list("comment_id", column)
    return {comment: value for comment, value in found.iterator(chunk_size=10_000) if value is not None}


def decided_scores(*, model: ModelVersion, attribute: str, scope: SimulationScope) -> DecidedScores:
    """Returns the model's scores of an attribute and people's decisions, of the comments in the scope."""
    return ScoresReader(model, attribute, scope).read()
