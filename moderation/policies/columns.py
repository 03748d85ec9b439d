"""Many comments side by side: what a policy judges, as one array a feature, so that a million are judged in seconds.

A number that is not known is NaN. `moderation.policies.judge_columns` judges these as `judge` does one comment.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from moderation.policies.conditions import Subject
from moderation.policies.features import Features

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
FEATURES = tuple(field.name for field in fields(Features))


@dataclass(frozen=True, slots=True)
class Coded:
    """Texts that repeat: `names[codes[row]]` is the row's."""

    codes: NDArray[np.intp]
    names: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Returns the texts, each name kept once."""
        places: dict[str, int] = {}
        codes = [places.setdefault(text, len(places)) for text in texts]
        return cls(np.array(codes, dtype=np.intp), tuple(places))

    def equal(self, name: str) -> Booleans:
        """Returns which rows have this text."""
        if name not in self.names:
            return np.zeros(len(self.codes), dtype=np.bool_)
        return self.codes == self.names.index(name)

    def take(self, rows: NDArray[Any]) -> Self:
        """Returns these rows alone."""
        return type(self)(self.codes[rows], self.names)

    def __getitem__(self, row: int) -> str:
        return self.names[self.codes[row]]


@dataclass(frozen=True, slots=True)
class SubjectColumns:
    """What is judged of `size` comments.

    Attributes:
        size: How many comments.
        scores: Attribute → probability of each; what is not among them has no score in any row.
        features: The features of each row.
        sources: The slug of each row's source.
        sections: The section of each row's article; empty without one.
    """

    size: int
    scores: Mapping[str, Floats]
    features: Sequence[Features]
    sources: Coded
    sections: Coded

    def score(self, attribute: str) -> Floats:
        """Returns the attribute's scores, NaN where there is none."""
        found = self.scores.get(attribute)
        return np.full(self.size, np.nan) if found is None else found

    def subject(self, row: int) -> Subject:
        """Returns one row as `judge` takes it."""
        scores = {name: float(column[row]) for name, column in self.scores.items() if column[row] == column[row]}
        return Subject(scores, self.features[row])

    def each(self, ask: Callable[[Subject], bool]) -> Booleans:
        """Returns the answer for each row, asked one by one: for what has no faster way."""
        return np.fromiter((ask(self.subject(row)) for row in range(self.size)), np.bool_, self.size)

    def take(self, rows: NDArray[Any]) -> Self:
        """Returns these rows alone, given by their numbers."""
        return type(self)(
            len(rows),
            {name: column[rows] for name, column in self.scores.items()},
            [self.features[row] for row in rows],
            self.sources.take(rows),
            self.sections.take(rows),
        )
