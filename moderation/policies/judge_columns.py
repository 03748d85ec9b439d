"""Judging many comments at once: exactly what `judge` says of each of them, in array operations.

A new kind of condition is judged row by row until `condition_holds` has a faster way for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch

import numpy as np
from numpy.typing import NDArray

from moderation.policies.columns import Booleans, Floats, SubjectColumns
from moderation.policies.conditions import AttributeRange, Condition
from moderation.policies.judge import SAFETY
from moderation.policies.parse import ACTIONS, Policy, Rule
from moderation.policies.verdict import FLAGGING_ACTIONS

NO_RULE = -1
PASS = ACTIONS.index("pass")
# By the place in ACTIONS: how safe for readers, 0 the safest; whether it flags.
SAFETY_OF = np.array([SAFETY.index(action) for action in ACTIONS])
FLAGS = np.array([action in FLAGGING_ACTIONS for action in ACTIONS])


@dataclass(frozen=True, slots=True)
class VerdictColumns:
    """The verdicts on many comments.

    Attributes:
        matched: A row of booleans a rule, in the policy's order: the rule applies to the comment, and holds.
        rule: Which rule decided, by its place in the policy; NO_RULE if none matched.
        overridden: Which rule a floor overrode; NO_RULE if none.
        action: By its place in ACTIONS.
        risk: As `Verdict.risk`.
        uncertainty: As `Verdict.uncertainty`.
    """

    matched: Booleans
    rule: NDArray[np.intp]
    overridden: NDArray[np.intp]
    action: NDArray[np.intp]
    risk: Floats
    uncertainty: Floats

    @property
    def flagged(self) -> Booleans:
        """Which comments a person should see."""
        return FLAGS[self.action]


def judge_columns(policy: Policy, columns: SubjectColumns) -> VerdictColumns:
    """Returns the policy's verdicts on the comments, in their order."""
    rules = policy.rules
    applying = [_applies(rule, columns) for rule in rules]
    matched = np.zeros((len(rules), columns.size), dtype=np.bool_)
    for at, rule in enumerate(rules):
        matched[at] = applying[at] & rule_holds(rule, columns)
    chosen, floor = _most_specific(rules, matched), _safest(rules, matched)
    actions = np.array([*(ACTIONS.index(rule.action) for rule in rules), PASS])
    safer = (floor != NO_RULE) & (SAFETY_OF[actions[floor]] < SAFETY_OF[actions[chosen]])
    deciding = np.where(safer, floor, chosen)
    risk, uncertainty = _margins(rules, applying, columns)
    return VerdictColumns(
        matched=matched,
        rule=deciding,
        overridden=np.where(safer, chosen, NO_RULE),
        action=actions[deciding],
        risk=risk,
        uncertainty=uncertainty,
    )


def rule_holds(rule: Rule, columns: SubjectColumns) -> Booleans:
    """Returns for which comments the rule's conditions are met, whatever its scope."""
    held = [condition_holds(condition, columns) for condition in rule.conditions]
    combine = np.logical_and if rule.match_all else np.logical_or
    return np.asarray(combine.reduce(held), dtype=np.bool_)


@singledispatch
def condition_holds(condition: Condition, columns: SubjectColumns) -> Booleans:
    """Returns for which comments the condition is met."""
    return columns.each(condition.holds)


@condition_holds.register
def _(condition: AttributeRange, columns: SubjectColumns) -> Booleans:
    score = columns.score(condition.attribute)
    # Nothing is at least or at most a NaN, so that what is not known meets no end; a range has one end or two.
    held = np.ones(columns.size, dtype=np.bool_)
    if condition.gte is not None:
        held &= score >= condition.gte
    if condition.lte is not None:
        held &= score <= condition.lte
    return held


def attributes_reached(policy: Policy, columns: SubjectColumns, matched: Booleans) -> dict[str, Booleans]:
    """Returns attribute → the comments in which a matching rule has a threshold on it that the score reached."""
    reached: dict[str, Booleans] = {}
    for at, rule in enumerate(policy.rules):
        for condition in rule.ranges:
            if condition.gte is not None:
                found = reached.setdefault(condition.attribute, np.zeros(columns.size, dtype=np.bool_))
                found |= matched[at] & condition_holds(condition, columns)
    return reached


def _applies(rule: Rule, columns: SubjectColumns) -> Booleans:
    applies = np.ones(columns.size, dtype=np.bool_)
    if rule.source:
        applies &= columns.sources.equal(rule.source)
    if rule.section:
        applies &= columns.sections.equal(rule.section)
    return applies


def _most_specific(rules: tuple[Rule, ...], matched: Booleans) -> NDArray[np.intp]:
    """Returns the first rule of the most specific level that matches, floors aside."""
    chosen = np.full(matched.shape[1], NO_RULE, dtype=np.intp)
    level = np.full(matched.shape[1], -1)
    for at, rule in enumerate(rules):
        better = matched[at] & (level < rule.level) & (not rule.floor)
        chosen[better], level[better] = at, rule.level
    return chosen


def _safest(rules: tuple[Rule, ...], matched: Booleans) -> NDArray[np.intp]:
    """Returns the first of the safest floors that match."""
    chosen = np.full(matched.shape[1], NO_RULE, dtype=np.intp)
    safety = np.full(matched.shape[1], len(SAFETY))
    for at, rule in enumerate(rules):
        better = matched[at] & (safety > SAFETY.index(rule.action)) & rule.floor
        chosen[better], safety[better] = at, SAFETY.index(rule.action)
    return chosen


def _margins(rules: tuple[Rule, ...], applying: list[Booleans], columns: SubjectColumns) -> tuple[Floats, Floats]:
    """Returns risk and uncertainty: the largest over the thresholds that apply, 0 without any."""
    risk, uncertainty = np.full(columns.size, -np.inf), np.full(columns.size, -np.inf)
    for (attribute, gte), rows in _thresholds(rules, applying).items():
        score = np.where(rows, columns.score(attribute), np.nan)
        # fmax passes over NaN: a score that is not known has no margin. A tiny threshold may give an infinite risk.
        with np.errstate(over="ignore"):
            np.fmax(risk, score / gte, out=risk)
        np.fmax(uncertainty, 1.0 - np.abs(score - gte), out=uncertainty)
    return np.where(np.isneginf(risk), 0.0, risk), np.where(np.isneginf(uncertainty), 0.0, uncertainty)


def _thresholds(rules: tuple[Rule, ...], applying: list[Booleans]) -> dict[tuple[str, float], Booleans]:
    """Returns (attribute, threshold above 0) → the rows to which a rule with it applies; each is reckoned with once."""
    found: dict[tuple[str, float], Booleans] = {}
    for at, attribute, gte in _lower_ends(rules):
        known = found.get((attribute, gte))
        found[attribute, gte] = applying[at] if known is None else known | applying[at]
    return found


def _lower_ends(rules: tuple[Rule, ...]) -> Iterator[tuple[int, str, float]]:
    for at, rule in enumerate(rules):
        for condition in rule.ranges:
            if condition.gte:
                yield at, condition.attribute, condition.gte
