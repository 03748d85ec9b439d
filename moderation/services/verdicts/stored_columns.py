"""Reads reviews as columns of scores and features, to judge many of them at once; no text is read."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, overload

import numpy as np
from django.db.models import Func, IntegerField, TextField
from django.db.models.functions import Cast
from numpy.typing import NDArray

from moderation.models import Review, ReviewQuerySet, Score
from moderation.policies import Features, Policy
from moderation.policies.columns import Coded, SubjectColumns
from moderation.policies.conditions.texts import FactRange
from moderation.services.verdicts.features import NAMES

SUBJECT_FIELDS = ("source__slug", "article__section", "facts_text", "score__language", "extra_text", *Score.ATTRIBUTES)

# Features that are read from a review, and the one that each other kind of condition reads: one that is not read is
# known of no row.
STORED = NAMES | {"language"}
READ = {"list": "lists", "commenter": "commenter", "flags": "flags", "article_age_hours": "article_age_hours"}


class DayNumber(Func):
    """The days from the beginning of 1970 to a time, in UTC."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Returns it for SQLite, whose own days begin at noon."""
        template = "CAST(julianday(%(expressions)s) - 2440587.5 AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Returns it for PostgreSQL."""
        template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / 86400)::integer"
        return self.as_sql(compiler, connection, template=template, **context)


# JSON as text: most rows have the same, and what no rule asks for is never parsed.
EXPRESSIONS = {
    "facts_text": Cast("facts", TextField()),
    "verdict_text": Cast("verdict", TextField()),
    "extra_text": Cast("score__extra", TextField()),
    "day": DayNumber("created_at"),
    # As numbers: Django turns SQLite's booleans into Python's one by one.
    "is_sampled": Cast("sampled", IntegerField()),
    "is_flagged": Cast("flagged", IntegerField()),
}


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Reviews in the order of their comments' `ids`: what is judged of them, and `fields` that were asked for."""

    ids: NDArray[np.int64]
    subjects: SubjectColumns
    fields: Mapping[str, Sequence[Any]]

    def array(self, name: str, kind: Any = np.float64) -> NDArray[Any]:
        """Returns a field as an array."""
        return np.array(self.fields[name], dtype=kind)


@dataclass(frozen=True, slots=True)
class StoredReader:
    """Reads chunks of reviews for some policies; `fields` are those wanted beside what is judged."""

    fields: tuple[str, ...]
    attributes: frozenset[str]

    @classmethod
    def of(cls, policies: Iterable[Policy], *fields: str) -> Self:
        """Returns the reader of what these policies ask for."""
        wanted = {one.attribute for policy in policies for rule in policy.rules for one in rule.ranges}
        return cls(fields, frozenset(wanted - set(Score.ATTRIBUTES)))

    def chunks(self, reviews: ReviewQuerySet, *, after: int, last: int, size: int) -> Iterator[StoredRows]:
        """Yields the reviews with comment ids above `after` up to `last`, in chunks, in the order of the ids."""
        while (rows := self.read(reviews, after=after, last=last, size=size)) is not None:
            yield rows
            after = int(rows.ids[-1])

    def read(self, reviews: ReviewQuerySet, *, after: int, last: int, size: int) -> StoredRows | None:
        """Returns the first `size` of those reviews; None if there are none left."""
        names = self._names()
        made = {name: EXPRESSIONS[name] for name in names if name in EXPRESSIONS}
        within = reviews.filter(pk__gt=after, pk__lte=last).order_by("pk").annotate(**made)
        rows = list(within.values_list("pk", *names)[:size])
        if not rows:
            return None
        ids, *columns = zip(*rows, strict=True)
        fields = dict(zip(names, columns, strict=True))
        return StoredRows(np.array(ids, dtype=np.int64), self._subjects(fields), fields)

    def _names(self) -> tuple[str, ...]:
        unwanted = set() if self.attributes else {"extra_text"}
        return tuple(name for name in dict.fromkeys((*SUBJECT_FIELDS, *self.fields)) if name not in unwanted)

    def _subjects(self, fields: Mapping[str, Sequence[Any]]) -> SubjectColumns:
        size = len(fields["source__slug"])
        scores = {name: np.array(fields[name], dtype=np.float64) for name in Score.ATTRIBUTES}
        features = StoredFeatures(fields["facts_text"], fields["score__language"])
        return SubjectColumns(
            size,
            {**scores, **self._extra(fields)},
            features,
            Coded.of(fields["source__slug"]),
            Coded.of(fields["article__section"]),
            features.numbers,
            Coded.of(fields["score__language"]),
        )

    def _extra(self, fields: Mapping[str, Sequence[Any]]) -> dict[str, NDArray[np.float64]]:
        if not self.attributes:
            return {}
        rows = [json.loads(text) if text else {} for text in fields["extra_text"]]
        return {name: np.array([row.get(name) for row in rows], dtype=np.float64) for name in self.attributes}


class StoredFeatures(Sequence[Features]):
    """The features of reviews: their stored facts, and the language in which the text was scored.

    Parsed when they are asked for, all at once.
    """

    def __init__(self, facts: Sequence[str], languages: Sequence[str]) -> None:
        self._texts, self._languages = facts, languages
        self._parsed: list[dict[str, Any]] = []

    @property
    def facts(self) -> list[dict[str, Any]]:
        """The facts of all rows."""
        self._parsed = self._parsed or json.loads(f"[{','.join(self._texts)}]")
        return self._parsed

    def numbers(self, kind: str, name: str) -> NDArray[np.float64] | None:
        """Returns a fact of all rows, NaN where it is missing: ten times as fast as through each row's features."""
        if kind in READ and READ[kind] not in STORED:
            return np.full(len(self), np.nan)
        if kind != FactRange.kind:
            return None
        return np.array([facts.get(name) for facts in self.facts], dtype=np.float64)

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, row: int) -> Features: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Features]: ...
    def __getitem__(self, row: int | slice) -> Features | Sequence[Features]:
        if isinstance(row, slice):
            return [self[at] for at in range(*row.indices(len(self)))]
        return review_features(self.facts[row], language=self._languages[row])

    def __iter__(self) -> Iterator[Features]:
        for facts, language in zip(self.facts, self._languages, strict=True):
            yield review_features(facts, language=language)


def review_features(facts: Mapping[str, Any], *, language: str) -> Features:
    """Returns a review's features, from its `facts` and the language of its score."""
    return Features(**{name: facts.get(name) for name in NAMES}, language=language or None)


def last_id() -> int:
    """Returns the largest comment id that has a review; 0 without reviews."""
    return Review.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
