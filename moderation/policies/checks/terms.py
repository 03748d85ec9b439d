"""Which comments a rule can match: its condition as a list of terms, of which a comment satisfies at least one.

A term says for some variables which values they have; a comment satisfies it if it has them all, and then each is
known. A condition that would have over MAX_TERMS terms is not looked at, for checking must not take long.
"""

from collections.abc import Iterable, Mapping
from itertools import product
from math import prod

from moderation.policies.conditions import Condition, Group
from moderation.policies.conditions.domains import Domain, Values
from moderation.policies.rules import Rule

MAX_TERMS = 500
Term = Mapping[tuple[str, str], Domain]


class TooManyTermsError(Exception):
    """A condition that is not looked at: it has too many terms, or one that cannot say what it leaves."""


def rule_terms(rule: Rule) -> list[Term] | None:
    """Returns the terms that comments can satisfy, of condition and scope; None for a condition not looked at."""
    scope: dict[tuple[str, str], Domain] = {}
    if rule.source:
        scope["source", ""] = Values(frozenset({rule.source}))
    if rule.section:
        scope["section", ""] = Values(frozenset({rule.section}))
    try:
        found = condition_terms(rule.when, wanted=True)
    except TooManyTermsError:
        return None
    return [term for one in found if (term := both(scope, one)) is not None]


def condition_terms(condition: Condition, *, wanted: bool) -> list[Term]:
    """Returns the terms of which a comment satisfies one if the condition's state is `wanted`."""
    if not isinstance(condition, Group):
        literals = condition.literals(wanted=wanted)
        if literals is None:
            raise TooManyTermsError
        return [{variable: domain} for variable, domain in literals if not domain.empty]
    inner = condition.part_wanted(wanted=wanted)
    parts = [condition_terms(part, wanted=inner) for part in condition.parts]
    return _joined(parts) if condition.asks_every(wanted=wanted) else [term for part in parts for term in part]


def _joined(parts: list[list[Term]]) -> list[Term]:
    if prod(len(part) for part in parts) > MAX_TERMS:
        raise TooManyTermsError
    found = (all_of(combination) for combination in product(*parts))
    return [term for term in found if term is not None]


def all_of(terms: Iterable[Term]) -> Term | None:
    """Returns what satisfies all terms; None if nothing does."""
    found: Term | None = {}
    for term in terms:
        found = both(found, term) if found is not None else None
    return found


def both(one: Term, other: Term) -> Term | None:
    """Returns what satisfies both terms; None if nothing does."""
    found = dict(one)
    for variable, domain in other.items():
        met = found[variable].meet(domain) if variable in found else domain
        if met.empty:
            return None
        found[variable] = met
    return found


def implies(terms: Iterable[Term], others: Iterable[Term]) -> bool:
    """Returns whether each term lies within one of the others: what satisfies these then satisfies those.

    Sufficient, not necessary: a term that only several others cover together is not seen.
    """
    kept = list(others)
    return all(any(_within(term, other) for other in kept) for term in terms)


def _within(term: Term, other: Term) -> bool:
    return all(variable in term and term[variable].within(domain) for variable, domain in other.items())
