"""A policy's rules compiled for the comments of one source and section: what judging a million of them runs."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from moderation.policies.conditions import AttributeRange, Condition, Subject
from moderation.policies.conditions.base import Check, language_of
from moderation.policies.rules import SAFETY, Rule

NEVER = float("inf")
PASSES = SAFETY.index("pass")
Checked = tuple[Check, Rule]


# An attribute, its least threshold above 0, and all of them in rising order, between two that are never near.
Margin = tuple[str, float, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Program:
    """The rules that apply, in the order in which they are asked.

    Attributes:
        rules: Those that are no floors, the most specific first.
        floors: The floors, the safest first.
        margins: The thresholds, for risk and uncertainty.
        margins_by_language: The same for texts in languages for which some threshold is another.
    """

    rules: tuple[Checked, ...]
    floors: tuple[Checked, ...]
    margins: tuple[Margin, ...]
    margins_by_language: Mapping[str, tuple[Margin, ...]]

    def chosen(self, subject: Subject) -> Rule | None:
        """Returns the first rule that matches; None if none does."""
        for check, rule in self.rules:
            if check(subject):
                return rule
        return None

    def floor(self, subject: Subject, chosen: Rule | None) -> Rule | None:
        """Returns the safest floor that matches, if it is safer than the chosen rule, or than passing."""
        limit = chosen.safety if chosen else PASSES
        for check, rule in self.floors:
            if rule.safety >= limit:
                return None
            if check(subject):
                return rule
        return None

    def risk(self, subject: Subject) -> tuple[float, float]:
        """Returns the largest score ÷ threshold, and 1 minus the least distance of a score to a threshold."""
        scores, margins = subject.scores, self.margins
        if self.margins_by_language:
            margins = self.margins_by_language.get(language_of(subject), margins)
        risk, nearest = 0.0, NEVER
        for attribute, least, thresholds in margins:
            score = scores.get(attribute)
            if score is None:
                continue
            share, at = score / least, bisect_left(thresholds, score)
            below, above = score - thresholds[at - 1], thresholds[at] - score
            nearer = below if below < above else above  # noqa: FURB136
            # Comparing by hand: this runs for every comment, and max() and min() take three times as long.
            if share > risk:  # noqa: PLR1730
                risk = share
            if nearer < nearest:  # noqa: PLR1730
                nearest = nearer
        return risk, 0.0 if nearest == NEVER else 1.0 - nearest


def compile_rules(rules: Sequence[Rule]) -> Program:
    """Returns the program of rules that are in the order of their priority; raises PolicyError for an open goal."""
    deciding = sorted((rule for rule in rules if not rule.floor), key=lambda rule: -rule.level)
    floors = sorted((rule for rule in rules if rule.floor), key=lambda rule: rule.safety)
    leaves = [leaf for rule in rules for _, leaf, negated in rule.leaves() if not negated]
    codes = {code for leaf in leaves if isinstance(leaf, AttributeRange) for code, _ in leaf.by_language}
    by_language = {code: _margins(leaves, code) for code in sorted(codes)}
    return Program(_checked(deciding), _checked(floors), _margins(leaves, ""), by_language)


def _checked(rules: Iterable[Rule]) -> tuple[Checked, ...]:
    return tuple((rule.when.check(), rule) for rule in rules)


def _margins(leaves: Iterable[Condition], language: str) -> tuple[Margin, ...]:
    found = sorted({margin for leaf in leaves if (margin := leaf.margin(language)) is not None})
    grouped = {name: [threshold for _, threshold in pairs] for name, pairs in groupby(found, key=itemgetter(0))}
    return tuple((name, each[0], (-NEVER, *each, NEVER)) for name, each in grouped.items())


class Programs:
    """The programs of a policy, each compiled at its first use; sources and sections that no rule names share one."""

    __slots__ = ("_compiled", "_rules", "_sections", "_sources")

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._sources = frozenset(rule.source for rule in rules)
        self._sections = frozenset(rule.section for rule in rules)
        self._compiled: dict[tuple[str, str], Program] = {}

    def __reduce__(self) -> tuple[type["Programs"], tuple[Sequence[Rule]]]:
        """Returns how to send a policy to another process, which compiles its own programs."""
        return Programs, (self._rules,)

    def of(self, source: str, section: str) -> Program:
        """Returns the program for a source and section; raises PolicyError for an open goal."""
        scope = (source if source in self._sources else "", section if section in self._sections else "")
        program = self._compiled.get(scope)
        if program is None:
            applying = [rule for rule in self._rules if rule.applies(source=scope[0], section=scope[1])]
            program = self._compiled[scope] = compile_rules(applying)
        return program
