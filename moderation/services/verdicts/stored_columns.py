"""Reads reviews as columns of scores and features, to judge many of them at once; no text is read."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from django.db.models import TextField
from django.db.models.functions import Cast
from numpy.typing import NDArray

from moderation.models import Review, ReviewQuerySet, Score
from moderation.policies import Policy
from moderation.policies.columns import Coded, SubjectColumns
from moderation.services.verdicts.features import features_of

SUBJECT_FIELDS = ("source__slug", "article__section", "facts_text", "extra_text", *Score.ATTRIBUTES)
# JSON as text: most rows have the same, and what no rule asks for is never parsed.
TEXTS = {"facts_text": "facts", "verdict_text": "verdict", "extra_text": "score__extra"}


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
        texts = {name: Cast(TEXTS[name], TextField()) for name in names if name in TEXTS}
        within = reviews.filter(pk__gt=after, pk__lte=last).order_by("pk").annotate(**texts)
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
        return SubjectColumns(
            size,
            {**scores, **self._extra(fields)},
            StoredFeatures(fields["facts_text"]),
            Coded.of(fields["source__slug"]),
            Coded.of(fields["article__section"]),
        )

    def _extra(self, fields: Mapping[str, Sequence[Any]]) -> dict[str, NDArray[np.float64]]:
        if not self.attributes:
            return {}
        rows = [json.loads(text) if text else {} for text in fields["extra_text"]]
        return {name: np.array([row.get(name) for row in rows], dtype=np.float64) for name in self.attributes}


class StoredFeatures(Sequence[Any]):
    """The features in reviews' `facts`, parsed when they are asked for."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, row: Any) -> Any:
        return features_of(json.loads(self._texts[row]))


def last_id() -> int:
    """Returns the largest comment id that has a review; 0 without reviews."""
    return Review.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
