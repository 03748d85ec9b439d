"""Why a policy was refused: each fault with the rule or test it is about."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from moderation.services.errors import ServiceError

PLACE = re.compile(r"/(rules|tests)/([0-9]{1,4})(?:/|$)")


@dataclass(frozen=True, slots=True)
class FaultLine:
    """One fault: what is wrong, where in words, and the id of that place on the page (empty for none)."""

    where: str
    detail: str
    anchor: str = ""


def fault_lines(error: ServiceError, body: Mapping[str, Any]) -> list[FaultLine]:
    """Returns the faults that the error names, in the policy's JSON `body`; its detail alone if it names none."""
    return [_line(one.pointer, one.detail, body) for one in error.errors] or [FaultLine("", error.detail)]


def _line(pointer: str, detail: str, body: Mapping[str, Any]) -> FaultLine:
    found = PLACE.match(pointer)
    if found is None:
        return FaultLine("", detail)
    at = int(found[2])
    if found[1] == "tests":
        return FaultLine(_("Test %(number)d") % {"number": at + 1}, detail, f"test-{at}")
    rules = body.get("rules", [])
    name = rules[at].get("id", "") if at < len(rules) else ""
    return FaultLine(_("Rule %(name)s") % {"name": name or at + 1}, detail, f"rule-{at}")


def fault_rule(error: ServiceError) -> int | None:
    """Returns the place of the first rule that the error names, None if it names none."""
    found = (PLACE.match(one.pointer) for one in error.errors)
    return next((int(one[2]) for one in found if one and one[1] == "rules"), None)
