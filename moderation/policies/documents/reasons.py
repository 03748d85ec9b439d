"""Why a rule decided, in words: a verdict's reasons as clauses that can be translated, like the rule's sentence."""

from collections.abc import Mapping
from typing import Any

from moderation.policies.documents.sentences import (
    ATTRIBUTES,
    LIST_HITS,
    MARKS,
    NEGATED,
    NUMBERS,
)
from moderation.policies.messages import Translate, gettext_noop

DIGITS = 4
# By whether there is a lower and an upper end: what was asked for …
FOUND = {
    (True, False): gettext_noop("{number} is {value}, at least {gte}"),
    (False, True): gettext_noop("{number} is {value}, at most {lte}"),
    (True, True): gettext_noop("{number} is {value}, between {gte} and {lte}"),
}
# … and its opposite.
OUTSIDE = {
    (True, False): gettext_noop("{number} is {value}, below {gte}"),
    (False, True): gettext_noop("{number} is {value}, above {lte}"),
    (True, True): gettext_noop("{number} is {value}, not between {gte} and {lte}"),
}
LIST_VERSION = gettext_noop("the number of hits in version {version} of the list “{name}”")
CHOSEN = {
    "language": gettext_noop("the language is {value}"),
    "source": gettext_noop("the source is {value}"),
    "section": gettext_noop("the section is {value}"),
}


def reason_phrase(reason: Mapping[str, Any], translate: Translate = str) -> str:
    """Returns a reason of a stored verdict as a clause, in the language of `translate`."""
    if "attribute" in reason:
        number = translate(ATTRIBUTES.get(reason["attribute"], reason["attribute"]))
        return _ranged(number, reason["score"], {"gte": reason["threshold"]}, FOUND, translate)
    kind, value = reason["condition"], reason["value"]
    if kind in CHOSEN or isinstance(value, bool):
        said = translate(CHOSEN[kind]).format(value=value) if kind in CHOSEN else translate(MARKS[reason["name"]])
        return translate(NEGATED).format(condition=said) if reason.get("not") else said
    return _ranged(_number(reason, translate), value, reason, OUTSIDE if reason.get("not") else FOUND, translate)


def _number(reason: Mapping[str, Any], translate: Translate) -> str:
    kind, name = reason["condition"], reason.get("name", "")
    if kind == "attribute":
        return translate(ATTRIBUTES.get(name, name))
    if kind == "list":
        form = LIST_VERSION if "version" in reason else LIST_HITS
        return translate(form).format(name=name, version=reason.get("version"))
    return translate(NUMBERS[kind, name])


def _ranged(
    number: str, value: float, ends: Mapping[str, Any], forms: Mapping[tuple[bool, bool], str], translate: Translate
) -> str:
    gte, lte = ends.get("gte"), ends.get("lte")
    form = translate(forms[gte is not None, lte is not None])
    return form.format(number=number, value=_plain(value), gte=_plain(gte), lte=_plain(lte))


def _plain(number: float | None) -> str:
    return "" if number is None else f"{round(number, DIGITS):.10g}"
