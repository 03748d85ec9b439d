"""Reads reviews as columns of scores and features, to judge many of them at once; no text is read."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from django.db.models import Func, IntegerField, TextField
from django.db.models.functions import Cast, Coalesce
from numpy.typing import NDArray

from archive.database.reading import rows_fetched
from moderation.models import Review, ReviewQuerySet, Score
from moderation.policies import AttributeRange, Policy, facts_needed, features_needed, lists_needed
from moderation.policies.columns import Coded, SubjectColumns
from moderation.services.facts.as_of import HOUR
from moderation.services.facts.history import History
from moderation.services.facts.moments import Microseconds
from moderation.services.facts.records import RecordColumns, Records
from moderation.services.verdicts.stored.stored_features import StoredFeatures
from moderation.services.verdicts.stored.stored_places import Places

SUBJECT_FIELDS = ("source_id", "article_id", "score__language", *Score.ATTRIBUTES)
# What is read for the features that some rule asks for, and for what is stored as JSON.
FACTS, EXTRA = "facts", "extra"
READ_FOR = {
    FACTS: ("facts_text",),
    EXTRA: ("extra_text",),
    "commenter": ("writer", "came"),
    "flags": ("reader_flags",),
    "article_age_hours": ("written",),
}
SECOND = 1_000_000


class DayNumber(Func):
    """The days from the beginning of 1970 to a time, in UTC."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Returns it for SQLite, whose own days begin at noon."""
        # A cast cuts towards 0, so that it is made of days that are above 0 always.
        template = "(CAST(julianday(%(expressions)s) + 0.5 AS INTEGER) - 2440588)"
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
    "edition": Coalesce("facts_edition", -1),
    "writer": Coalesce("comment__commenter_id", 0),
    "came": Microseconds(Coalesce("comment__edited_at", "comment__received_at")),
    "written": Microseconds("created_at"),
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
    _coded: dict[str, Coded] = field(default_factory=dict, repr=False)

    def array(self, name: str, kind: Any = np.float64) -> NDArray[Any]:
        """Returns a field as an array."""
        return np.array(self.fields[name], dtype=kind)

    def coded(self, name: str) -> Coded:
        """Returns a field of texts that repeat; made once."""
        if name not in self._coded:
            self._coded[name] = Coded.of(self.fields[name])
        return self._coded[name]


@dataclass(frozen=True, slots=True)
class StoredReader:
    """Reads chunks of reviews for some policies, one a run.

    Attributes:
        fields: Those wanted beside what is judged.
        attributes: Those that are not stored in a column of their own.
        needed: What some rule asks for, of READ_FOR.
        records: What is known of commenters already; `history` the same of reporters, `places` of articles.
    """

    fields: tuple[str, ...]
    attributes: frozenset[str]
    needed: frozenset[str]
    records: Records = field(default_factory=Records)
    history: History = field(default_factory=History)
    places: Places = field(default_factory=Places)

    @classmethod
    def of(cls, policies: Iterable[Policy], *fields: str) -> Self:
        """Returns the reader of what these policies ask for."""
        attributes: set[str] = set()
        needed: set[str] = set()
        for policy in policies:
            leaves = (leaf for rule in policy.rules for _, leaf, _ in rule.leaves())
            named = {leaf.attribute for leaf in leaves if isinstance(leaf, AttributeRange)}
            attributes |= named - set(Score.ATTRIBUTES)
            needed |= features_needed(policy) | ({FACTS} if facts_needed(policy) or lists_needed(policy) else set())
        return cls(fields, frozenset(attributes), frozenset(needed | ({EXTRA} if attributes else set())))

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
        rows = rows_fetched(within.values_list("pk", *names)[:size])
        if not rows:
            return None
        pks, *columns = zip(*rows, strict=True)
        fields, ids = dict(zip(names, columns, strict=True)), np.array(pks, dtype=np.int64)
        return StoredRows(ids, self._subjects(ids, fields), fields)

    def _names(self) -> tuple[str, ...]:
        needed = (name for what, names in READ_FOR.items() if what in self.needed for name in names)
        return tuple(dict.fromkeys((*SUBJECT_FIELDS, *needed, *self.fields)))

    def _subjects(self, ids: NDArray[np.int64], fields: Mapping[str, Sequence[Any]]) -> SubjectColumns:
        scores = {name: np.array(fields[name], dtype=np.float64) for name in Score.ATTRIBUTES}
        sections, published = self.places.articles(fields["article_id"])
        features = self._features(ids, fields, published)
        return SubjectColumns(
            len(ids),
            {**scores, **self._extra(fields)},
            features,
            self.places.sources(fields["source_id"]),
            sections,
            features.numbers,
            Coded.of(fields["score__language"]),
        )

    def _features(
        self, ids: NDArray[np.int64], fields: Mapping[str, Sequence[Any]], published: NDArray[np.float64]
    ) -> StoredFeatures:
        return StoredFeatures(
            languages=fields["score__language"],
            texts=fields["facts_text"] if FACTS in self.needed else None,
            records=self._records(fields) if "commenter" in self.needed else None,
            flags=self._flags(ids, fields) if "flags" in self.needed else None,
            ages=_ages(fields, published) if "article_age_hours" in self.needed else None,
        )

    def _records(self, fields: Mapping[str, Sequence[Any]]) -> RecordColumns:
        return self.records.as_of(np.array(fields["writer"], dtype=np.int64), np.array(fields["came"], dtype=np.int64))

    def _flags(self, ids: NDArray[np.int64], fields: Mapping[str, Sequence[Any]]) -> NDArray[np.float64]:
        """Returns the weighted reports: looked up for the few comments that have any."""
        reported = np.flatnonzero(fields["reader_flags"])
        sources, found = fields["source_id"], np.zeros(len(ids))
        flags = self.history.flags({int(ids[row]): sources[row] for row in reported.tolist()})
        found[reported] = [flags[int(ids[row])] for row in reported.tolist()]
        return found

    def _extra(self, fields: Mapping[str, Sequence[Any]]) -> dict[str, NDArray[np.float64]]:
        if EXTRA not in self.needed:
            return {}
        rows = [json.loads(text) if text else {} for text in fields["extra_text"]]
        return {name: np.array([row.get(name) for row in rows], dtype=np.float64) for name in self.attributes}


def _ages(fields: Mapping[str, Sequence[Any]], published: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns hours as `features_as_of` reckons them."""
    return np.maximum(0.0, (np.array(fields["written"], dtype=np.float64) - published) / SECOND / HOUR)


def last_id() -> int:
    """Returns the largest comment id that has a review; 0 without reviews."""
    return Review.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
