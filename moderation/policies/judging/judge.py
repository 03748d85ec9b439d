"""Judging one comment by a policy.

The first rule that matches within a level decides, and the most specific level that has a match wins. After that any
matching floor rule that is safer overrides, and the verdict names both. If nothing matches, the comment passes.
"""

from collections.abc import Mapping

from moderation.policies.conditions import Subject
from moderation.policies.features import Features
from moderation.policies.policy import Policy
from moderation.policies.verdict import UNSCORABLE, Verdict


def judge(policy: Policy, scores: Mapping[str, float], *, features: Features, source: str, section: str) -> Verdict:
    """Returns the policy's verdict on a comment of that source and section.

    Args:
        policy: The rules. Raises PolicyError if a goal among them has not been resolved to a number.
        scores: Attribute → probability.
        features: What is known of the comment beside its scores.
        source: The source's slug.
        section: The article's section; empty if it has none.
    """
    subject = Subject(scores, features, source, section)
    program = policy.programs.of(source, section)
    chosen = program.chosen(subject)
    floor = program.floor(subject, chosen)
    deciding = floor or chosen
    risk, uncertainty = program.risk(subject)
    verdict = Verdict(
        action=deciding.action if deciding else "pass",
        rule=deciding.id if deciding else "",
        policy=policy.version,
        reasons=tuple(deciding.when.reasons(subject)) if deciding else (),
        risk=risk,
        uncertainty=uncertainty,
        overridden=chosen.id if floor and chosen else "",
    )
    return verdict.brake() if verdict.rule in policy.braked else verdict


def judge_refusal(policy: Policy, code: str) -> Verdict:
    """Returns the verdict on a comment that the model refused with `code`: a person has to look."""
    return Verdict(action="queue", rule=f"{UNSCORABLE}:{code}", policy=policy.version, risk=1.0, uncertainty=1.0)
