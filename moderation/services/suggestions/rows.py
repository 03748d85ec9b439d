"""Reads an attribute's scores and what people decided as the arrays that estimates are made of; no text is read.

Decisions may have been made on another model's flags than the one in question: what counts is the chance with which a
person was asked. A passing comment that was not drawn has the chance that its policy draws it with, one that a policy
decided on had none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db.models import F
from numpy.typing import NDArray

from moderation.estimates.rows import Flags, Floats, Rows
from moderation.models import DecidedBy, ModelVersion, PolicyVersion, Score, State
from moderation.policies import Policy, PolicyError, parse_policy
from moderation.services.simulation.scope import SimulationScope
from moderation.services.suggestions.asked import WAITING, asked_chances
from moderation.services.verdicts.stored_columns import EXPRESSIONS, last_id

CHUNK = 20_000
OUTCOMES = (State.APPROVED.value, State.REJECTED.value)
COLUMNS = ("state", "decided_by", "is_sampled", "review_probability", "risk", "policy_id", "day", "score__model_id")
Chance = Callable[[Floats], Floats]


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
    _chances: dict[int, Chance] = field(default_factory=dict)

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
        columns = dict(zip((*names[:-1], "value"), map(np.array, zip(*rows, strict=True)), strict=True))
        self._take(columns, after)
        return int(rows[-1][0])

    def _take(self, columns: dict[str, NDArray[Any]], after: int) -> None:
        ids = columns["pk"].astype(np.int64)
        scores = self._scores(columns, ids)
        known = ~np.isnan(scores)
        asked = asked_chances(after=after, last=int(ids[-1])) if _by_people(columns).any() else {}
        chance = np.array([asked.get(one, np.nan) for one in ids.tolist()])
        reviewed = _settled(columns) & ~np.isnan(chance)
        probability = np.where(reviewed, chance, self._chance_of(columns))
        self.unscored += int((~known).sum())
        self.waiting += int((known & np.isin(columns["state"], list(WAITING))).sum())
        self.days |= set(np.unique(columns["day"][known]).tolist())
        harmful = reviewed & (columns["state"] == State.REJECTED.value)
        self.parts.append((scores[known], reviewed[known], harmful[known], probability[known].astype(np.float64)))

    def _scores(self, columns: Mapping[str, NDArray[Any]], ids: NDArray[np.int64]) -> Floats:
        """Returns the scores by the model; NaN without one. The reviews' own are taken where they are of the model."""
        own = columns["score__model_id"] == self.model.pk
        scores = np.where(own, columns["value"].astype(np.float64), np.nan)
        if not own.all():
            others = scores_by(self.model, self.attribute, after=int(ids[0]) - 1, last=int(ids[-1]))
            at = np.flatnonzero(~own)
            scores[at] = [others.get(one, np.nan) for one in ids[at].tolist()]
        return scores

    def _chance_of(self, columns: Mapping[str, NDArray[Any]]) -> Floats:
        """Returns the chance of review of rows that nobody decided on, or that somebody merely came across."""
        state, risk = columns["state"], columns["risk"].astype(np.float64)
        waits = np.isin(state, list(WAITING))
        stored = np.where(columns["is_sampled"] == 1, columns["review_probability"].astype(np.float64), 1.0)
        chance = np.where(waits, stored, 0.0)
        passes = (state == State.PASSED.value) | (_by_people(columns) & ~waits)
        for policy in {one for one in columns["policy_id"][passes].tolist() if one is not None}:
            at = passes & (columns["policy_id"] == policy)
            chance[at] = self._audit(policy)(risk[at])
        return chance

    def _audit(self, policy: int) -> Chance:
        if policy not in self._chances:
            self._chances[policy] = audit_of(PolicyVersion.objects.get(pk=policy))
        return self._chances[policy]


def audit_of(version: PolicyVersion) -> Chance:
    """Returns the function from the risks of passing comments to the chances with which the version draws them."""
    try:
        policy = parse_policy(version.body, version=version.version)
    except PolicyError:
        # An old version that the current schema refuses: nothing is known of its draw.
        return np.zeros_like
    return lambda risks: audit_chances(policy, risks)


def audit_chances(policy: Policy, risks: Floats) -> Floats:
    """Returns with what chance passing comments of these risks go to a person anyway."""
    if policy.audit is None or not policy.audit.shares:
        return np.full(len(risks), policy.audit_chance(0.0))
    strata = np.searchsorted(np.array(policy.audit.bounds), risks, side="right")
    return np.array(policy.audit.shares)[strata]


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


def _by_people(columns: Mapping[str, NDArray[Any]]) -> Flags:
    return np.asarray(columns["decided_by"] == DecidedBy.PERSON.value, np.bool_)


def _settled(columns: Mapping[str, NDArray[Any]]) -> Flags:
    return _by_people(columns) & np.isin(columns["state"], OUTCOMES)
