"""A rule as one plain sentence, put together of parts that each can be translated.

Policies know no Django: whoever shows the sentence gives a `translate` (its `gettext`). The parts are marked for it by
`gettext_noop`, which marks and does nothing else.
"""

from collections.abc import Iterable

from moderation.policies.conditions import All, AnyOf, AttributeRange, Condition, Group, Not
from moderation.policies.conditions.choices import ValueChoice
from moderation.policies.conditions.people import RecordMark
from moderation.policies.conditions.ranges import NumberRange
from moderation.policies.messages import Translate, gettext_noop
from moderation.policies.rules import Rule

# What each number is called, by its kind and name; a list is called by its own.
NUMBERS = {
    ("fact", "links"): gettext_noop("the number of links"),
    ("fact", "length"): gettext_noop("the number of characters"),
    ("fact", "capitals"): gettext_noop("the share of capitals"),
    ("fact", "repeats"): gettext_noop("the number of earlier comments with nearly the same text"),
    ("commenter", "approved"): gettext_noop("the commenter's number of approved comments"),
    ("commenter", "rejected_share"): gettext_noop("the rejected share of the commenter's last comments"),
    ("flags", ""): gettext_noop("the weighted number of reader flags"),
    ("article_age_hours", ""): gettext_noop("the article's age in hours"),
}
# What an attribute is called; another model's own attributes are called as they are.
ATTRIBUTES = {
    "toxicity": gettext_noop("toxicity"),
    "severe_toxicity": gettext_noop("severe toxicity"),
    "obscene": gettext_noop("obscenity"),
    "threat": gettext_noop("threat"),
    "insult": gettext_noop("insult"),
    "identity_attack": gettext_noop("identity attack"),
    "sexual_explicit": gettext_noop("sexual content"),
}
LIST_HITS = gettext_noop("the number of hits in the list “{name}”")
RANGES = {
    (True, False): gettext_noop("{number} is at least {gte}"),
    (False, True): gettext_noop("{number} is at most {lte}"),
    (True, True): gettext_noop("{number} is between {gte} and {lte}"),
}
OPEN_GOAL = gettext_noop("{number} reaches the goal “{goal}”")
MARKS = {
    "new": gettext_noop("no comment of the commenter has been decided yet"),
    "exempt": gettext_noop("the commenter is exempt"),
    "staff": gettext_noop("the commenter is staff"),
    "muted_before": gettext_noop("the commenter was muted before"),
}
CHOICES = {
    "language": gettext_noop("the language is one of {values}"),
    "source": gettext_noop("the source is one of {values}"),
    "section": gettext_noop("the section is one of {values}"),
}
NEGATED = gettext_noop("it is not true that {condition}")
JOINTS = {All: gettext_noop(" and "), AnyOf: gettext_noop(" or ")}
BRACKETS = gettext_noop("({condition})")
SCOPES = {
    (True, False): gettext_noop("In {source}: "),
    (False, True): gettext_noop("In the section {section}: "),
    (True, True): gettext_noop("In the section {section} of {source}: "),
}
ACTIONS = {
    "pass": gettext_noop("If {condition}, let the comment pass."),
    "queue": gettext_noop("If {condition}, send the comment to the queue."),
    "hold": gettext_noop("If {condition}, hold the comment until a person has decided."),
    "approve": gettext_noop("If {condition}, approve the comment."),
    "reject": gettext_noop("If {condition}, reject the comment."),
    "highlight": gettext_noop("If {condition}, approve and highlight the comment."),
}
FLOOR = gettext_noop("{sentence} No less safe rule overrides this.")


def rule_sentence(rule: Rule, translate: Translate = str) -> str:
    """Returns the rule as one sentence, in the language of `translate`; names and numbers stay as they are."""
    scope = SCOPES.get((bool(rule.source), bool(rule.section)), "")
    place = translate(scope).format(source=rule.source, section=rule.section) if scope else ""
    sentence = translate(ACTIONS[rule.action]).format(condition=condition_phrase(rule.when, translate))
    return place + (translate(FLOOR).format(sentence=sentence) if rule.floor else sentence)


def condition_phrase(condition: Condition, translate: Translate = str) -> str:
    """Returns the condition as a clause that an `if` may stand before."""
    if isinstance(condition, Not):
        return translate(NEGATED).format(condition=_enclosed(condition.parts[0], translate))
    if isinstance(condition, Group):
        parts = (_enclosed(part, translate) for part in condition.parts)
        return translate(JOINTS[type(condition)]).join(parts)
    return _leaf(condition, translate)


def _enclosed(condition: Condition, translate: Translate) -> str:
    phrase = condition_phrase(condition, translate)
    joined = isinstance(condition, All | AnyOf) and len(condition.parts) > 1
    return translate(BRACKETS).format(condition=phrase) if joined else phrase


def _leaf(condition: Condition, translate: Translate) -> str:
    if isinstance(condition, RecordMark):
        return translate(MARKS[condition.commenter])
    if isinstance(condition, ValueChoice):
        return translate(CHOICES[condition.kind]).format(values=_listed(condition.values))
    if isinstance(condition, AttributeRange) and not condition.resolved:
        return translate(OPEN_GOAL).format(number=_number(condition, translate), goal=condition.goal)
    return _range(condition, translate) if isinstance(condition, NumberRange) else type(condition).__name__


def _range(condition: NumberRange, translate: Translate) -> str:
    form = RANGES[condition.gte is not None, condition.lte is not None]
    number = _number(condition, translate)
    return translate(form).format(number=number, gte=_least(condition), lte=_plain(condition.lte))


def _number(condition: NumberRange, translate: Translate) -> str:
    if condition.kind == "attribute":
        return translate(ATTRIBUTES.get(condition.name, condition.name))
    if condition.kind == "list":
        return translate(LIST_HITS).format(name=condition.name)
    return translate(NUMBERS[condition.kind, condition.name])


def _least(condition: NumberRange) -> str:
    """The lower end, with those of languages that have their own: `0.5 (ru: 0.4, tr: 0.45)`."""
    ends = condition.by_language if isinstance(condition, AttributeRange) else ()
    told = ", ".join(f"{code}: {_plain(end)}" for code, end in ends)
    return f"{_plain(condition.gte)} ({told})" if told else _plain(condition.gte)


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:.10g}"


def _listed(values: Iterable[str]) -> str:
    return ", ".join(sorted(values))
