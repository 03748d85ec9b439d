"""The kinds of conditions as people choose and fill them in; `moderation.policies.conditions` says what each means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Part = dict[str, Any]
Posted = Mapping[str, Any]
NUMBER = re.compile(r"-?[0-9]{1,15}(?:[.,][0-9]{1,15})?", re.ASCII)
# Between the ends of two languages; a comma before a digit is a decimal one.
BETWEEN = re.compile(r"[;\n]|,(?![0-9])")
NEGATION = "not"
GROUPS: Mapping[str, str | Promise] = {
    "all": _("all of these are met"),
    "any": _("one of these is met"),
    NEGATION: _("this is not met"),
}
GTE, LTE, BY_LANGUAGE = "gte", "lte", "by_language"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of condition.

    Attributes:
        label: What people call it.
        mark: Its property in JSON.
        subject: The value of that property, where it is always the same.
        inputs: What is filled in: `name` (the property's value), `values` (its list), `gte`, `by_language`, `lte`,
            `goal`.
        is_nested: Whether the numbers stand in an object below the property.
    """

    label: str | Promise
    mark: str
    subject: str = ""
    inputs: tuple[str, ...] = (GTE, LTE)
    is_nested: bool = False

    def posted(self, data: Posted, path: str) -> Part:
        """Returns the condition as JSON from what was filled in at `path`."""
        typed = {name: data.get(f"{path}.{name}", "").strip() for name in self.inputs}
        more: Part = {name: number_read(typed[name]) for name in (GTE, LTE) if typed.get(name)}
        if typed.get("goal"):
            more["goal"] = typed["goal"]
        if typed.get(BY_LANGUAGE):
            more[BY_LANGUAGE] = ends_read(typed[BY_LANGUAGE])
        if self.is_nested:
            return {self.mark: more}
        if "values" in typed:
            return {self.mark: [line.strip() for line in typed["values"].splitlines() if line.strip()]}
        return {self.mark: self.subject or typed["name"], **more}

    def typed(self, part: Part) -> dict[str, str]:
        """Returns what to show in each input."""
        values = part.get(self.mark)
        numbers = values if self.is_nested and isinstance(values, dict) else part
        shown = {name: number_text(numbers.get(name)) for name in (GTE, LTE, "goal")}
        listed = "\n".join(map(str, values)) if isinstance(values, list) else ""
        shown[BY_LANGUAGE] = ends_text(part.get(BY_LANGUAGE))
        shown |= {"name": values if isinstance(values, str) else "", "values": listed}
        return {name: shown[name] for name in self.inputs}


KINDS: Mapping[str, Kind] = {
    "attribute": Kind(_("score of an attribute"), "attribute", inputs=("name", GTE, BY_LANGUAGE, LTE, "goal")),
    "language": Kind(_("language"), "language", inputs=("values",)),
    "source": Kind(_("source"), "source", inputs=("values",)),
    "section": Kind(_("section"), "section", inputs=("values",)),
    "article_age_hours": Kind(_("hours since the article"), "article_age_hours", is_nested=True),
    "commenter:approved": Kind(_("commenter: approved comments"), "commenter", "approved"),
    "commenter:rejected_share": Kind(
        _("commenter: rejected share of their last comments"), "commenter", "rejected_share"
    ),
    "commenter:new": Kind(_("commenter: nothing decided yet"), "commenter", "new", ()),
    "commenter:exempt": Kind(_("commenter: exempt"), "commenter", "exempt", ()),
    "commenter:staff": Kind(_("commenter: staff"), "commenter", "staff", ()),
    "commenter:muted_before": Kind(_("commenter: muted before"), "commenter", "muted_before", ()),
    "fact:links": Kind(_("links in the text"), "fact", "links"),
    "fact:length": Kind(_("characters of the text"), "fact", "length"),
    "fact:capitals": Kind(_("share of capitals"), "fact", "capitals"),
    "fact:repeats": Kind(_("earlier comments with nearly the same text"), "fact", "repeats"),
    "list": Kind(_("hits of a word list"), "list", inputs=("name", GTE)),
    "flags": Kind(_("readers' flags, weighted"), "flags", is_nested=True),
}
MARKS = frozenset(kind.mark for kind in KINDS.values())


def kind_of(part: Part) -> str:
    """Returns the key of the condition's kind in GROUPS or KINDS; empty for what is neither."""
    mark = next((name for name in (*GROUPS, *MARKS) if name in part), "")
    if mark in GROUPS or mark in KINDS:
        return mark
    named = f"{mark}:{part.get(mark)}"
    return named if named in KINDS else ""


def part_new(kind: str) -> Part | None:
    """Returns an empty condition or group of the kind, None if there is no such kind."""
    if kind in GROUPS:
        return group_made(kind, [])
    return KINDS[kind].posted({}, "") if kind in KINDS else None


def parts_of(group: Part) -> list[Part]:
    """Returns what is in the group; a `not` that was not finished may have none, or several."""
    inner = group[kind_of(group)]
    return inner if isinstance(inner, list) else [inner]


def group_made(kind: str, parts: list[Part]) -> Part:
    """Returns a group of these parts: a `not` has its one part and no list."""
    return {kind: parts[0] if kind == NEGATION and len(parts) == 1 else parts}


def number_read(text: str) -> int | float | str:
    """Returns the number, written with a point or a comma; what is no number stays as it was typed."""
    if NUMBER.fullmatch(text) is None:
        return text
    return int(text) if text.lstrip("-").isdigit() else float(text.replace(",", "."))


def ends_read(text: str) -> dict[str, Any] | str:
    """Returns the lower end of each language from `tr 0.4, ru 0.5`; what is none stays as it was typed."""
    pairs = [one.split() for one in BETWEEN.split(text) if one.strip()]
    if not pairs or any(len(pair) != 2 for pair in pairs):  # noqa: PLR2004 - a language and a number
        return text
    return {code: number_read(number) for code, number in pairs}


def ends_text(value: Any) -> str:
    """Returns the lower ends by language as they are typed."""
    if isinstance(value, dict):
        return ", ".join(f"{code} {number_text(number)}" for code, number in value.items())
    return "" if value is None else str(value)


def number_text(value: Any) -> str:
    """Returns a value as it is typed, nothing for None; a number without an exponent, which nobody types."""
    if isinstance(value, float) and isfinite(value):
        return f"{Decimal(repr(value)):f}"
    return "" if value is None else str(value)
