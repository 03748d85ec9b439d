"""Conditions on what is not there: attributes, word lists, sources, sections, languages; scores that no text gets."""

from collections.abc import Iterator

from moderation.policies.checks.findings import ERROR, WARNING, Catalogue, Finding
from moderation.policies.conditions import AttributeRange, Condition
from moderation.policies.conditions.choices import SectionChoice, SourceChoice, ValueChoice
from moderation.policies.conditions.texts import LanguageChoice, ListHits
from moderation.policies.errors import join_pointer
from moderation.policies.rules import Rule

# What is missing: its level, its code, the field below the condition, and what to say.
Missing = tuple[str, str, str, str]


def check_names(rule: Rule, catalogue: Catalogue) -> Iterator[Finding]:
    """Yields what the rule names that is not there."""
    for pointer, leaf, _ in rule.leaves():
        for level, code, place, detail in _missing(leaf, catalogue):
            yield Finding(level, code, join_pointer(pointer, *filter(None, [place])), rule.id, detail)
    yield from _scope(rule, catalogue)


def _missing(leaf: Condition, catalogue: Catalogue) -> Iterator[Missing]:
    if isinstance(leaf, AttributeRange):
        yield from _attribute(leaf, catalogue)
    elif isinstance(leaf, ListHits) and catalogue.lists is not None and leaf.list not in catalogue.lists:
        yield ERROR, "unknown_list", "list", f"There is no word list {leaf.list}."
    elif isinstance(leaf, ValueChoice):
        for value in sorted(leaf.values):
            yield from _value(leaf, value, catalogue)


def _attribute(leaf: AttributeRange, catalogue: Catalogue) -> Iterator[Missing]:
    served = catalogue.attributes
    if served is None:
        return
    if leaf.attribute not in served:
        detail = f"The active model does not serve {leaf.attribute}; it serves {', '.join(served)}."
        yield ERROR, "unknown_attribute", "attribute", detail
    elif (found := served[leaf.attribute]) is not None:
        yield from _beyond(leaf, *found)


def _beyond(leaf: AttributeRange, least: float, most: float) -> Iterator[Missing]:
    scored = f"the model's scores so far are from {least:.6g} to {most:.6g}"
    if leaf.gte is not None and leaf.gte > most:
        yield WARNING, "beyond_scores", "gte", f"No {leaf.attribute} has reached {leaf.gte:g}: {scored}."
    if leaf.lte is not None and leaf.lte < least:
        yield WARNING, "beyond_scores", "lte", f"No {leaf.attribute} has been as low as {leaf.lte:g}: {scored}."


def _value(leaf: ValueChoice, value: str, catalogue: Catalogue) -> Iterator[Missing]:
    if isinstance(leaf, SourceChoice) and not _there(catalogue.sources, value):
        yield ERROR, "unknown_source", "source", f"There is no source {value}."
    if isinstance(leaf, SectionChoice) and not _there(catalogue.sections, value):
        yield WARNING, "unknown_section", "section", f"No article has the section {value}."
    if isinstance(leaf, LanguageChoice) and not _there(catalogue.languages, value):
        detail = f"The model does not serve the language {value}: a person gets its comments, whatever the rules."
        yield WARNING, "unserved_language", "language", detail


def _there(names: frozenset[str] | None, name: str) -> bool:
    return names is None or name in names


def _scope(rule: Rule, catalogue: Catalogue) -> Iterator[Finding]:
    if rule.source and not _there(catalogue.sources, rule.source):
        detail = f"There is no source {rule.source}."
        yield Finding(ERROR, "unknown_source", f"{rule.pointer}/scope/source", rule.id, detail)
    if rule.section and not _there(catalogue.sections, rule.section):
        detail = f"No article has the section {rule.section}."
        yield Finding(WARNING, "unknown_section", f"{rule.pointer}/scope/section", rule.id, detail)
