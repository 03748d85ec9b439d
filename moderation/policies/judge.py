"""Judging one comment by a policy.

The first rule that matches within a level decides, and the most specific level that has a match wins. After that any
matching floor rule that is safer overrides, and the verdict names both. If nothing matches, the comment passes.
"""

from collections.abc import Iterable, Mapping

from moderation.policies.conditions import Subject
from moderation.policies.features import Features
from moderation.policies.parse import Policy, Rule
from moderation.policies.verdict import UNSCORABLE, Verdict, VerdictReason

# From the safest for readers to the least safe.
SAFETY = ("reject", "hold", "queue", "pass", "approve", "highlight")


def judge(policy: Policy, scores: Mapping[str, float], *, features: Features, source: str, section: str) -> Verdict:
    """Returns the policy's verdict on a comment of that source and section.

    Args:
        policy: The rules.
        scores: Attribute → probability.
        features: What is known of the text beside its scores.
        source: The source's slug.
        section: The article's section; empty if it has none.
    """
    subject = Subject(scores, features)
    applying = [rule for rule in policy.rules if rule.applies(source=source, section=section)]
    matching = [rule for rule in applying if rule.holds(subject)]
    chosen = _most_specific(rule for rule in matching if not rule.floor)
    floor = _safest(rule for rule in matching if rule.floor)
    deciding = floor if floor and _safer(floor, chosen) else chosen
    overridden = chosen.id if chosen and deciding is not chosen else ""
    margins = _margins(applying, subject)
    return Verdict(
        action=deciding.action if deciding else "pass",
        rule=deciding.id if deciding else "",
        policy=policy.version,
        reasons=_reasons(deciding, subject),
        risk=max((score / threshold for score, threshold in margins), default=0.0),
        uncertainty=max((1.0 - abs(score - threshold) for score, threshold in margins), default=0.0),
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


def _reasons(rule: Rule | None, subject: Subject) -> tuple[VerdictReason, ...]:
    found = (condition.reason(subject) for condition in rule.conditions) if rule else ()
    return tuple(reason for reason in found if reason is not None)


def _margins(rules: Iterable[Rule], subject: Subject) -> list[tuple[float, float]]:
    found = (condition.margin(subject) for rule in rules for condition in rule.conditions)
    return [margin for margin in found if margin is not None]
