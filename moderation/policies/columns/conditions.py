"""For which of many comments a condition's state is the one that is wanted.

Groups combine their parts as `Group.check` does. A kind of condition that nothing is registered for here is asked row
by row, once for all rules that have it.
"""

from collections.abc import Iterator
from functools import singledispatch

import numpy as np

from moderation.policies.columns.subjects import Booleans, Coded, Floats, SubjectColumns
from moderation.policies.conditions import AttributeRange, Condition, Group
from moderation.policies.conditions.choices import SectionChoice, SourceChoice
from moderation.policies.conditions.people import RecordMark
from moderation.policies.conditions.ranges import NumberRange
from moderation.policies.conditions.texts import LanguageChoice


@singledispatch
def condition_met(condition: Condition, columns: SubjectColumns, *, wanted: bool = True) -> Booleans:
    """Returns for which comments the condition's state is `wanted`; what is not known is neither."""
    return np.asarray(columns.asked(condition, condition.state) == wanted, dtype=np.bool_)


@condition_met.register
def _(condition: Group, columns: SubjectColumns, *, wanted: bool = True) -> Booleans:
    inner = condition.part_wanted(wanted=wanted)
    parts = [condition_met(part, columns, wanted=inner) for part in condition.parts]
    combine = np.logical_and if condition.asks_every(wanted=wanted) else np.logical_or
    return np.asarray(combine.reduce(parts), dtype=np.bool_)


@condition_met.register
def _(condition: NumberRange, columns: SubjectColumns, *, wanted: bool = True) -> Booleans:
    return _within(condition, columns.number(condition.kind, condition.name, condition.value), wanted=wanted)


@condition_met.register
def _(condition: AttributeRange, columns: SubjectColumns, *, wanted: bool = True) -> Booleans:
    if not condition.resolved:
        condition.check()  # raises PolicyError
    scores, met = columns.score(condition.attribute), np.zeros(columns.size, dtype=np.bool_)
    if not condition.by_language:
        return _within(condition, scores, wanted=wanted)
    for one, rows in ranges_by_language(condition, columns):
        met |= rows & _within(one, scores, wanted=wanted)
    return met


@condition_met.register
def _(condition: RecordMark, columns: SubjectColumns, *, wanted: bool = True) -> Booleans:
    marks = columns.number(condition.kind, condition.commenter, condition.state)
    return np.asarray(marks == wanted, dtype=np.bool_)


@condition_met.register
def _(condition: SourceChoice, columns: SubjectColumns, *, wanted: bool = True) -> Booleans:
    return _chosen(condition.values, columns.sources, wanted=wanted)


@condition_met.register
def _(condition: SectionChoice, columns: SubjectColumns, *, wanted: bool = True) -> Booleans:
    return _chosen(condition.values, columns.sections, wanted=wanted)


@condition_met.register
def _(condition: LanguageChoice, columns: SubjectColumns, *, wanted: bool = True) -> Booleans:
    if columns.languages is None:
        return np.asarray(columns.asked(condition, condition.state) == wanted, dtype=np.bool_)
    codes = tuple(name.partition("-")[0].lower() for name in columns.languages.names)
    return _chosen(condition.values, Coded(columns.languages.codes, codes), wanted=wanted)


def ranges_by_language(condition: AttributeRange, columns: SubjectColumns) -> Iterator[tuple[AttributeRange, Booleans]]:
    """Yields the range for each language that has its own, and for all others, with the rows that it is for."""
    others = np.ones(columns.size, dtype=np.bool_)
    for code, _ in condition.by_language:
        rows = columns.in_language(code)
        others &= ~rows
        yield condition.at(code), rows
    yield condition.at(""), others


def _within(condition: NumberRange, values: Floats, *, wanted: bool) -> Booleans:
    """A NaN is at least and at most nothing; outside are the known ones that are not inside."""
    inside = np.ones(len(values), dtype=np.bool_)
    if condition.gte is not None:
        inside &= values >= condition.gte
    if condition.lte is not None:
        inside &= values <= condition.lte
    known = ~np.isnan(values)
    return inside & known if wanted else ~inside & known


def _chosen(values: frozenset[str], texts: Coded, *, wanted: bool) -> Booleans:
    by_name = np.array([bool(name) and (name in values) is wanted for name in texts.names], dtype=np.bool_)
    return by_name[texts.codes] if len(by_name) else np.zeros(len(texts.codes), dtype=np.bool_)
