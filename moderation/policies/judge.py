"""Judging one comment's scores by a policy.

The first rule that matches within a level decides, and the most specific level that has a match wins. After that any
matching floor rule that is safer overrides, and the verdict names both. Where nothing matches, the comment passes.
"""

from collections.abc import Iterable, Mapping

from moderation.policies.parse import Policy, Rule
from moderation.policies.verdict import UNSCORABLE, Verdict, VerdictReason

# From the safest for readers to the least safe.
SAFETY = ("reject", "hold", "queue", "pass", "approve", "highlight")


def judge(policy: Policy, scores: Mapping[str, float], *, source: str, section: str) -> Verdict:
    """Returns the policy's verdict on `scores` (attribute → probability) of a comment of that source and section."""
    applying = [rule for rule in policy.rules if rule.applies(source=source, section=section)]
    chosen = _most_specific([rule for rule in applying if not rule.floor and rule.holds(scores)])
    floor = _safest([rule for rule in applying if rule.floor and rule.holds(scores)])
    deciding = floor if floor and _safer(floor, chosen) else chosen
    overridden = chosen.id if chosen and deciding is not chosen else ""
    return Verdict(
        action=deciding.action if deciding else "pass",
        rule=deciding.id if deciding else "",
        policy=policy.version,
        reasons=_reasons(deciding, scores),
        risk=_risk(applying, scores),
        uncertainty=_uncertainty(applying, scores),
        overridden=overridden,
    )


def judge_refusal(policy: Policy, code: str) -> Verdict:
    """Returns the verdict on a comment that the model refused with `code`: a person has to look."""
    return Verdict(action="queue", rule=f"{UNSCORABLE}:{code}", policy=policy.version, risk=1.0, uncertainty=1.0)


def _most_specific(rules: Iterable[Rule]) -> Rule | None:
    # max() keeps the first of equals, and the rules come in the order of their priority.
    return max(rules, key=lambda rule: rule.level, default=None)


def _safest(rules: Iterable[Rule]) -> Rule | None:
    return min(rules, key=lambda rule: SAFETY.index(rule.action), default=None)


def _safer(floor: Rule, chosen: Rule | None) -> bool:
    return SAFETY.index(floor.action) < SAFETY.index(chosen.action if chosen else "pass")


def _reasons(rule: Rule | None, scores: Mapping[str, float]) -> tuple[VerdictReason, ...]:
    if rule is None:
        return ()
    return tuple(
        VerdictReason(condition.attribute, scores[condition.attribute], condition.gte)
        for condition in rule.conditions
        if condition.gte is not None and condition.holds(scores)
    )


def _thresholds(rules: Iterable[Rule], scores: Mapping[str, float]) -> list[tuple[float, float]]:
    return [
        (scores[condition.attribute], condition.gte)
        for rule in rules
        for condition in rule.conditions
        if condition.gte and condition.attribute in scores
    ]


def _risk(rules: Iterable[Rule], scores: Mapping[str, float]) -> float:
    return max((score / threshold for score, threshold in _thresholds(rules, scores)), default=0.0)


def _uncertainty(rules: Iterable[Rule], scores: Mapping[str, float]) -> float:
    return max((1.0 - abs(score - threshold) for score, threshold in _thresholds(rules, scores)), default=0.0)
