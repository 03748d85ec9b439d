"""Conditions on what is not there: attributes, word lists, sources, sections, languages; scores that no text gets."""

from collections.abc import Iterator

from moderation.policies.checks.findings import ERROR, WARNING, Catalogue, Finding
from moderation.policies.conditions import AttributeRange, Condition
from moderation.policies.conditions.choices import SectionChoice, SourceChoice, ValueChoice
from moderation.policies.conditions.texts import LanguageChoice, ListHits
from moderation.policies.errors import join_pointer
from moderation.policies.messages import Message, gettext_noop
from moderation.policies.rules import Rule

NO_LIST = gettext_noop("There is no word list {name}.")
NO_SOURCE = gettext_noop("There is no source {name}.")
NO_SECTION = gettext_noop("No article has the section {name}.")
NO_ATTRIBUTE = gettext_noop("The active model does not serve {name}; it serves {known}.")
NO_LANGUAGE = gettext_noop(
    "The model does not serve the language {name}: a person gets its comments, whatever the rules."
)
TOO_HIGH = gettext_noop("No {name} has reached {bound}: the model's scores so far are from {least} to {most}.")
TOO_LOW = gettext_noop("No {name} has been as low as {bound}: the model's scores so far are from {least} to {most}.")
# What is missing: its level, its code, the field below the condition, and what to say.
Missing = tuple[str, str, str, str]


def check_names(rule: Rule, catalogue: Catalogue) -> Iterator[Finding]:
    """Yields what the rule names that is not there."""
    for pointer, leaf, _ in rule.leaves():
        for level, code, place, detail in _missing(leaf, catalogue):
            yield Finding(level, code, join_pointer(pointer, *filter(None, place.split("/"))), rule.id, detail)
    yield from _scope(rule, catalogue)


def _missing(leaf: Condition, catalogue: Catalogue) -> Iterator[Missing]:
    if isinstance(leaf, AttributeRange):
        yield from _attribute(leaf, catalogue)
        for code in (code for code, _ in leaf.by_language if not _there(catalogue.languages, code)):
            yield WARNING, "unserved_language", f"by_language/{code}", Message(NO_LANGUAGE, name=code)
    elif isinstance(leaf, ListHits) and catalogue.lists is not None and leaf.list not in catalogue.lists:
        yield ERROR, "unknown_list", "list", Message(NO_LIST, name=leaf.list)
    elif isinstance(leaf, ValueChoice):
        for value in sorted(leaf.values):
            yield from _value(leaf, value, catalogue)


def _attribute(leaf: AttributeRange, catalogue: Catalogue) -> Iterator[Missing]:
    served = catalogue.attributes
    if served is None:
        return
    if leaf.attribute not in served:
        detail = Message(NO_ATTRIBUTE, name=leaf.attribute, known=", ".join(served))
        yield ERROR, "unknown_attribute", "attribute", detail
    elif (found := served[leaf.attribute]) is not None:
        yield from _beyond(leaf, *found)


def _beyond(leaf: AttributeRange, least: float, most: float) -> Iterator[Missing]:
    told = {"name": leaf.attribute, "least": f"{least:.6g}", "most": f"{most:.6g}"}
    if leaf.gte is not None and leaf.gte > most:
        yield WARNING, "beyond_scores", "gte", Message(TOO_HIGH, bound=f"{leaf.gte:g}", **told)
    if leaf.lte is not None and leaf.lte < least:
        yield WARNING, "beyond_scores", "lte", Message(TOO_LOW, bound=f"{leaf.lte:g}", **told)


def _value(leaf: ValueChoice, value: str, catalogue: Catalogue) -> Iterator[Missing]:
    if isinstance(leaf, SourceChoice) and not _there(catalogue.sources, value):
        yield ERROR, "unknown_source", "source", Message(NO_SOURCE, name=value)
    if isinstance(leaf, SectionChoice) and not _there(catalogue.sections, value):
        yield WARNING, "unknown_section", "section", Message(NO_SECTION, name=value)
    if isinstance(leaf, LanguageChoice) and not _there(catalogue.languages, value):
        yield WARNING, "unserved_language", "language", Message(NO_LANGUAGE, name=value)


def _there(names: frozenset[str] | None, name: str) -> bool:
    return names is None or name in names


def _scope(rule: Rule, catalogue: Catalogue) -> Iterator[Finding]:
    if rule.source and not _there(catalogue.sources, rule.source):
        detail = Message(NO_SOURCE, name=rule.source)
        yield Finding(ERROR, "unknown_source", f"{rule.pointer}/scope/source", rule.id, detail)
    if rule.section and not _there(catalogue.sections, rule.section):
        detail = Message(NO_SECTION, name=rule.section)
        yield Finding(WARNING, "unknown_section", f"{rule.pointer}/scope/section", rule.id, detail)
