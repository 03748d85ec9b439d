"""Rules that have no effect: that nothing matches, that an earlier rule or a floor always forestalls."""

from collections.abc import Iterator, Sequence

from moderation.policies.checks.findings import ERROR, WARNING, Finding
from moderation.policies.checks.terms import Term, implies, rule_terms
from moderation.policies.messages import Message, gettext_noop
from moderation.policies.rules import SAFETY, Rule

NEVER = gettext_noop("The rule {rule} can never match: its conditions, and its scope, exclude each other.")
IDLE = gettext_noop("The floor {rule} has no effect: no action is less safe than {action}.")
SHADOWED = gettext_noop(
    "The rule {rule} never decides: {earlier}, which comes before it, matches everything that it matches."
)
# By the floor's action.
AGAINST = {
    "pass": gettext_noop(
        "The rule {rule} contradicts the floor {floor}: everything that it would {action}, the floor passes."
    ),
    "queue": gettext_noop(
        "The rule {rule} contradicts the floor {floor}: everything that it would {action}, the floor queues."
    ),
    "hold": gettext_noop(
        "The rule {rule} contradicts the floor {floor}: everything that it would {action}, the floor holds."
    ),
    "approve": gettext_noop(
        "The rule {rule} contradicts the floor {floor}: everything that it would {action}, the floor approves."
    ),
    "reject": gettext_noop(
        "The rule {rule} contradicts the floor {floor}: everything that it would {action}, the floor rejects."
    ),
}

Reach = tuple[Rule, list[Term]]


def check_reach(rules: Sequence[Rule]) -> Iterator[Finding]:
    """Yields what is wrong with rules that are in the order of their priority."""
    reaches = [(rule, rule_terms(rule)) for rule in sorted(rules, key=_deciding_order)]
    yield from (_never(rule) for rule, terms in reaches if terms == [])
    yield from (_idle_floor(rule) for rule in rules if rule.floor and rule.safety >= len(SAFETY) - 1)
    alive = [(rule, terms) for rule, terms in reaches if terms]
    for at, (rule, terms) in enumerate(alive):
        if (earlier := _shadowing(alive[:at], rule, terms)) is not None:
            yield _shadowed(rule, earlier)
        elif (floor := _contradicted(alive, rule, terms)) is not None:
            yield _against(rule, floor)


def _deciding_order(rule: Rule) -> tuple[bool, int]:
    """Sorts rules as they are asked: the most specific first, then the floors, the safest first."""
    return rule.floor, rule.safety if rule.floor else -rule.level


def _never(rule: Rule) -> Finding:
    detail = Message(NEVER, rule=rule.id)
    return Finding(ERROR, "never_matches", f"{rule.pointer}/when", rule.id, detail)


def _idle_floor(rule: Rule) -> Finding:
    detail = Message(IDLE, rule=rule.id, action=rule.action)
    return Finding(ERROR, "idle_floor", f"{rule.pointer}/action", rule.id, detail)


def _shadowing(earlier: Sequence[Reach], rule: Rule, terms: Sequence[Term]) -> Rule | None:
    """Returns the earlier rule that matches all that `rule` matches, and decides before it."""
    matching = (other for other, others in earlier if other.floor is rule.floor and implies(terms, others))
    return next(matching, None)


def _shadowed(rule: Rule, earlier: Rule) -> Finding:
    detail = Message(SHADOWED, rule=rule.id, earlier=earlier.id)
    return Finding(WARNING, "shadowed", rule.pointer, rule.id, detail)


def _contradicted(reaches: Sequence[Reach], rule: Rule, terms: Sequence[Term]) -> Rule | None:
    """Returns the safer floor that matches all that `rule` matches."""
    safer = ((other, others) for other, others in reaches if other.floor and other.safety < rule.safety)
    return next((other for other, others in safer if implies(terms, others)), None)


def _against(rule: Rule, floor: Rule) -> Finding:
    detail = Message(AGAINST[floor.action], rule=rule.id, floor=floor.id, action=rule.action)
    return Finding(ERROR, "contradicts_floor", f"{rule.pointer}/action", rule.id, detail)
