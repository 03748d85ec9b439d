"""How far the scores of a comment are from meeting a condition: the margin by which a rule did not match."""

from math import inf

from moderation.policies.conditions.base import Condition, Subject, language_of
from moderation.policies.conditions.groups import Group
from moderation.policies.conditions.ranges import AttributeRange

Gap = tuple[float, AttributeRange | None]
MET: Gap = (0.0, None)
# No other score would meet it: something else is missing, or is not known.
CLOSED: Gap = (inf, None)


def condition_gap(condition: Condition, subject: Subject, *, wanted: bool = True) -> Gap:
    """Returns by how much scores would have to differ for the state to be `wanted`, and the range that this is of.

    0 if it is so already; infinite if no score would make it so. Of `all` it is the largest gap of the parts, of `any`
    the least.
    """
    if isinstance(condition, Group):
        inner = condition.part_wanted(wanted=wanted)
        gaps = [condition_gap(part, subject, wanted=inner) for part in condition.parts]
        choose = max if condition.asks_every(wanted=wanted) else min
        return choose(gaps, key=lambda gap: gap[0])
    if condition.state(subject) is wanted:
        return MET
    if not isinstance(condition, AttributeRange):
        return CLOSED
    return _range_gap(condition.at(language_of(subject)), subject, wanted=wanted)


def _range_gap(condition: AttributeRange, subject: Subject, *, wanted: bool) -> Gap:
    score = condition.value(subject)
    if score is None:
        return CLOSED
    below = inf if condition.gte is None else abs(score - condition.gte)
    above = inf if condition.lte is None else abs(score - condition.lte)
    return min(below, above), condition
