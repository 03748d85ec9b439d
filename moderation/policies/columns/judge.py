"""The verdicts on many comments, by a policy's precedence: as `moderation.policies.judging` gives them on one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.policies.columns.conditions import condition_met, ranges_by_language
from moderation.policies.columns.subjects import Booleans, Floats, SubjectColumns
from moderation.policies.conditions import AttributeRange, Condition, Group
from moderation.policies.documents.schema import ACTIONS
from moderation.policies.policy import Policy
from moderation.policies.rules import SAFETY, Rule
from moderation.policies.verdict import BRAKED_ACTION, FLAGGING_ACTIONS

NO_RULE = -1
PASS, QUEUE = ACTIONS.index("pass"), ACTIONS.index(BRAKED_ACTION)
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
        return np.asarray(FLAGS[self.action], dtype=np.bool_)


def judge_columns(policy: Policy, columns: SubjectColumns) -> VerdictColumns:
    """Returns the policy's verdicts on the comments, in their order; raises PolicyError for a goal without number."""
    rules = policy.rules
    applying = [_applies(rule, columns) for rule in rules]
    matched = np.zeros((len(rules), columns.size), dtype=np.bool_)
    for at, rule in enumerate(rules):
        matched[at] = applying[at] & condition_met(rule.when, columns)
    chosen, floor = _most_specific(rules, matched), _safest(rules, matched)
    actions = np.array([*(ACTIONS.index(rule.action) for rule in rules), PASS])
    safer = (floor != NO_RULE) & (SAFETY_OF[actions[floor]] < SAFETY_OF[actions[chosen]])
    deciding = np.where(safer, floor, chosen)
    risk, uncertainty = _margins(rules, applying, columns)
    overridden = np.where(safer, chosen, NO_RULE)
    return VerdictColumns(matched, deciding, overridden, _taken(policy, actions)[deciding], risk, uncertainty)


def _taken(policy: Policy, actions: NDArray[np.intp]) -> NDArray[np.intp]:
    """Returns the actions of the rules as they are taken: those of braked ones send the comment to a person."""
    braked = [rule.automatic and rule.id in policy.braked for rule in policy.rules]
    return np.where([*braked, False], QUEUE, actions)


def attributes_reached(policy: Policy, columns: SubjectColumns, matched: Booleans) -> dict[str, Booleans]:
    """Returns attribute → the comments in which its score is among the reasons of a rule that matched."""
    reached: dict[str, Booleans] = {}
    for at, rule in enumerate(policy.rules):
        for attribute, rows in _reasons(rule.when, columns, matched[at], wanted=True):
            reached[attribute] = reached[attribute] | rows if attribute in reached else rows
    return reached


def _reasons(
    condition: Condition, columns: SubjectColumns, rows: Booleans, *, wanted: bool
) -> Iterator[tuple[str, Booleans]]:
    """Yields attribute and rows for each threshold below the condition that is a reason for its state."""
    rows = rows & condition_met(condition, columns, wanted=wanted)
    if isinstance(condition, Group):
        for part in condition.parts:
            yield from _reasons(part, columns, rows, wanted=condition.part_wanted(wanted=wanted))
    elif isinstance(condition, AttributeRange) and wanted and condition.gte is not None:
        yield condition.attribute, rows


def _applies(rule: Rule, columns: SubjectColumns) -> Booleans:
    applies = np.ones(columns.size, dtype=np.bool_)
    if rule.source:
        applies &= columns.sources.equal(rule.source)
    if rule.section:
        applies &= columns.sections.equal(rule.section)
    return applies


def _most_specific(rules: Sequence[Rule], matched: Booleans) -> NDArray[np.intp]:
    """Returns the first rule of the most specific level that matches, floors aside."""
    chosen = np.full(matched.shape[1], NO_RULE, dtype=np.intp)
    level = np.full(matched.shape[1], -1)
    for at, rule in enumerate(rules):
        if not rule.floor:
            better = matched[at] & (level < rule.level)
            chosen[better], level[better] = at, rule.level
    return chosen


def _safest(rules: Sequence[Rule], matched: Booleans) -> NDArray[np.intp]:
    """Returns the first of the safest floors that match."""
    chosen = np.full(matched.shape[1], NO_RULE, dtype=np.intp)
    safety = np.full(matched.shape[1], len(SAFETY))
    for at, rule in enumerate(rules):
        if rule.floor:
            better = matched[at] & (safety > rule.safety)
            chosen[better], safety[better] = at, rule.safety
    return chosen


def _margins(rules: Sequence[Rule], applying: Sequence[Booleans], columns: SubjectColumns) -> tuple[Floats, Floats]:
    """Returns risk and uncertainty: the largest over the thresholds that apply, 0 without any."""
    risk, uncertainty = np.zeros(columns.size), np.full(columns.size, -np.inf)
    for (attribute, threshold), rows in _thresholds(rules, applying, columns).items():
        score = np.where(rows, columns.score(attribute), np.nan)
        # fmax passes over NaN: a score that is not known has no margin. A tiny threshold may give an infinite risk.
        with np.errstate(over="ignore"):
            np.fmax(risk, score / threshold, out=risk)
        np.fmax(uncertainty, 1.0 - np.abs(score - threshold), out=uncertainty)
    return risk, np.where(np.isneginf(uncertainty), 0.0, uncertainty)


def _thresholds(
    rules: Sequence[Rule], applying: Sequence[Booleans], columns: SubjectColumns
) -> dict[tuple[str, float], Booleans]:
    """Returns (attribute, threshold) → the rows to which a rule with it applies; each is reckoned with once."""
    found: dict[tuple[str, float], Booleans] = {}
    for at, rule in enumerate(rules):
        for _, leaf, negated in rule.leaves():
            for margin, rows in () if negated else _leaf_margins(leaf, applying[at], columns):
                known = found.get(margin)
                found[margin] = rows if known is None else known | rows
    return found


def _leaf_margins(
    leaf: Condition, applying: Booleans, columns: SubjectColumns
) -> Iterator[tuple[tuple[str, float], Booleans]]:
    if isinstance(leaf, AttributeRange) and leaf.by_language:
        parts = ((one.margin(), rows & applying) for one, rows in ranges_by_language(leaf, columns))
        yield from ((margin, rows) for margin, rows in parts if margin is not None)
    elif (margin := leaf.margin()) is not None:
        yield margin, applying
