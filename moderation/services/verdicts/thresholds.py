"""Explains a verdict for display: each attribute's score against its thresholds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from archive.models import Comment
from moderation.models import PolicyVersion, Review
from moderation.policies import PolicyError, Rule, parse_policy
from moderation.policies.conditions.base import base_language

Lower = tuple[Rule, str, float]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A rule's lower bound for an attribute. `reached`: the score is at or above it."""

    value: float
    rule: str
    action: str
    reached: bool


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """One attribute: its probability from 0 to 1 (None if the model gave none) and the thresholds that apply."""

    attribute: str
    score: float | None
    thresholds: tuple[Threshold, ...]

    @property
    def reached(self) -> bool:
        """Whether any threshold is reached."""
        return any(threshold.reached for threshold in self.thresholds)


def attribute_rows(comment: Comment, review: Review) -> list[AttributeRow]:
    """Returns a row for each attribute that has a score or a threshold, closest to its threshold first.

    Reads `review.score` and `review.policy`, which the caller should have loaded.
    """
    scores = review.score.values() if review.score else {}
    rules = _rules(review.policy, comment)
    ranges = _ranges(rules, base_language(review.score.language if review.score else ""))
    thresholds = {attribute: _thresholds(ranges, attribute, scores) for _, attribute, _ in ranges}
    rows = [AttributeRow(name, scores.get(name), thresholds.get(name, ())) for name in {**scores, **thresholds}]
    return sorted(rows, key=lambda row: (-_closeness(row), row.attribute))


def _rules(policy: PolicyVersion | None, comment: Comment) -> tuple[Rule, ...]:
    if policy is None:
        return ()
    try:
        rules = parse_policy(policy.body, version=policy.version).rules
    except PolicyError:
        # An old version that the current schema rejects: scores are shown without thresholds.
        return ()
    source, section = comment.source.slug, comment.article.section
    return tuple(rule for rule in rules if rule.applies(source=source, section=section))


def _ranges(rules: Iterable[Rule], language: str) -> list[Lower]:
    """Returns the lower ends for texts in the language: rule, attribute, end."""
    found = ((rule, range_.attribute, range_.at(language).gte) for rule in rules for range_ in rule.ranges)
    return [(rule, attribute, end) for rule, attribute, end in found if end is not None]


def _thresholds(ranges: Iterable[Lower], attribute: str, scores: Mapping[str, float]) -> tuple[Threshold, ...]:
    score = scores.get(attribute, -1.0)
    return tuple(Threshold(end, rule.id, rule.action, score >= end) for rule, name, end in ranges if name == attribute)


def _closeness(row: AttributeRow) -> float:
    if row.score is None or not row.thresholds:
        return row.score or 0.0
    return row.score / max(min(threshold.value for threshold in row.thresholds), 1e-9)
