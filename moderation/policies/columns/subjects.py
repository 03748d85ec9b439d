"""Many comments side by side: what a policy judges, as one array a feature. A number that is not known is NaN."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from moderation.policies.conditions import Subject
from moderation.policies.conditions.base import base_language
from moderation.policies.features import Features

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Coded:
    """Texts that repeat: `names[codes[row]]` is the row's."""

    codes: NDArray[np.intp]
    names: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Returns the texts, each name kept once."""
        each = tuple(texts)
        places = {name: at for at, name in enumerate(dict.fromkeys(each))}
        return cls(np.fromiter(map(places.__getitem__, each), dtype=np.intp, count=len(each)), tuple(places))

    def equal(self, name: str) -> Booleans:
        """Returns which rows have this text."""
        if name not in self.names:
            return np.zeros(len(self.codes), dtype=np.bool_)
        return np.asarray(self.codes == self.names.index(name), dtype=np.bool_)

    def objects(self) -> NDArray[np.object_]:
        """Returns the texts of all rows."""
        return np.array(self.names, dtype=object)[self.codes]

    def take(self, rows: NDArray[Any]) -> Self:
        """Returns these rows alone."""
        return type(self)(self.codes[rows], self.names)

    def __getitem__(self, row: int) -> str:
        return self.names[int(self.codes[row])]


def _no_numbers(_kind: str, _name: str) -> Floats | None:
    return None


@dataclass(slots=True)
class SubjectColumns:
    """What is judged of `size` comments.

    Attributes:
        size: How many comments.
        scores: Attribute → probability of each; what is not among them has no score in any row.
        features: The features of each row; asked for only by conditions on features.
        sources: The slug of each row's source.
        sections: The section of each row's article; empty without one.
        numbers: Kind of condition and name → the numbers that it is about, if they are at hand as an array.
        languages: The language of each row's features, if it is at hand; empty if it is not known.
    """

    size: int
    scores: Mapping[str, Floats]
    features: Sequence[Features]
    sources: Coded
    sections: Coded
    numbers: Callable[[str, str], Floats | None] = _no_numbers
    languages: Coded | None = None
    _subjects: list[Subject] = field(default_factory=list, init=False, repr=False)
    _asked: dict[Hashable, Floats] = field(default_factory=dict, init=False, repr=False)

    def score(self, attribute: str) -> Floats:
        """Returns the attribute's scores, NaN where there is none."""
        found = self.scores.get(attribute)
        return np.full(self.size, np.nan) if found is None else found

    def in_language(self, code: str) -> Booleans:
        """Returns which rows are in a language, by its base code; a row whose language is not known is in none."""
        if self.languages is None:
            return np.array([base_language(one.language) == code for one in self.features], dtype=np.bool_)
        named = np.array([base_language(name) == code for name in self.languages.names], dtype=np.bool_)
        return named[self.languages.codes] if len(named) else np.zeros(self.size, dtype=np.bool_)

    def subject(self, row: int) -> Subject:
        """Returns one row as `judge` takes it apart."""
        scores = {name: float(column[row]) for name, column in self.scores.items() if column[row] == column[row]}
        return Subject(scores, self.features[row], self.sources[row], self.sections[row])

    def number(self, kind: str, name: str, ask: Callable[[Subject], float | None]) -> Floats:
        """Returns the number of each row that conditions of this kind and name are about; `ask` gives it for one."""
        found = self._asked.get((kind, name))
        if found is None:
            found = self.numbers(kind, name)
            found = self.asked((kind, name), ask) if found is None else found
            self._asked[kind, name] = found
        return found

    def asked(self, key: Hashable, ask: Callable[[Subject], float | None]) -> Floats:
        """Returns a number of each row, asked for one by one but only once under this `key`; NaN for None."""
        found = self._asked.get(key)
        if found is None:
            self._subjects = self._subjects or list(self._each())
            found = self._asked[key] = np.array([ask(subject) for subject in self._subjects], dtype=np.float64)
        return found

    def take(self, rows: NDArray[Any]) -> "SubjectColumns":
        """Returns these rows alone, given by their numbers; their features are read when they are asked for."""
        return SubjectColumns(
            len(rows),
            {name: column[rows] for name, column in self.scores.items()},
            Taken(self.features, rows),
            self.sources.take(rows),
            self.sections.take(rows),
            lambda kind, name: self._taken(kind, name, rows),
            self.languages.take(rows) if self.languages else None,
        )

    def _taken(self, kind: str, name: str, rows: NDArray[Any]) -> Floats | None:
        found = self._asked.get((kind, name))
        found = self.numbers(kind, name) if found is None else found
        return None if found is None else found[rows]

    def _each(self) -> Iterator[Subject]:
        for row, features in enumerate(self.features):
            yield Subject(_RowScores(self.scores, row), features, self.sources[row], self.sections[row])


@dataclass(frozen=True, slots=True)
class Taken(Sequence[Features]):
    """Some rows of a sequence of features."""

    features: Sequence[Features]
    rows: NDArray[Any]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, row: int) -> Features: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Features]: ...
    def __getitem__(self, row: int | slice) -> Features | Sequence[Features]:
        if isinstance(row, slice):
            return Taken(self.features, self.rows[row])
        return self.features[int(self.rows[row])]


@dataclass(frozen=True, slots=True)
class _RowScores(Mapping[str, float]):
    """The scores of one row, read when they are asked for: most conditions on features never do."""

    scores: Mapping[str, Floats]
    row: int

    def __getitem__(self, name: str) -> float:
        value = float(self.scores[name][self.row])
        if np.isnan(value):
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return (name for name, column in self.scores.items() if not np.isnan(column[self.row]))

    def __len__(self) -> int:
        return sum(1 for _ in self)
