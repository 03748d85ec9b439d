"""How long what is kept: rules by kind and source. Pure: the settings are read with this module."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Kind → what goes when its time is over.
KINDS = {
    "comments": "comments, erased so many days after they were written",
    "removed": "comments that were rejected, withdrawn or deleted at their origin, erased so many days after that",
    "revisions": "earlier texts, deleted so many days after the last edit",
    "notes": "moderators' notes on decisions, deleted",
    "appeals": "texts of appeals and their answers, emptied so many days after they were closed",
    "feedback": "suggested scores, deleted with their texts",
    "reports": "who reported a comment, replaced; the report stays",
    "look_ups": "who looked at a commenter's record or exported it, deleted",
    "log_ins": "log-ins and failed log-ins with their addresses, deleted",
    "sessions": "sessions, deleted so many days after they ended",
    "admin_log": "the admin's log of changes, deleted",
}
# Rows of these kinds belong to no source.
WITHOUT_SOURCE = frozenset({"log_ins", "sessions", "admin_log"})
MAX_DAYS = 36_500
FORM = re.compile(r"(?:(?P<source>[-a-zA-Z0-9_]{1,100}):)?(?P<kind>\w{1,32})=(?P<days>\d{1,5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """What is older than `days` goes: of one source by its slug, or of all that have no rule of their own."""

    kind: str
    days: int
    source: str = ""


def retention_rules(parts: Sequence[str]) -> tuple[RetentionRule, ...]:
    """Returns the rules in `notes=365`, `harbor-times:notes=90` and the like; raises ValueError naming a wrong one."""
    rules = tuple(_rule(part.strip()) for part in parts if part.strip())
    seen = [(rule.kind, rule.source) for rule in rules]
    for kind, source in seen:
        if seen.count((kind, source)) > 1:
            raise ValueError(f"{source + ':' if source else ''}{kind} stands twice")
    return rules


def _rule(part: str) -> RetentionRule:
    found = FORM.fullmatch(part)
    if found is None:
        raise ValueError(f"{part[:60]!r} is not KIND=DAYS or SOURCE:KIND=DAYS")
    kind, days, source = found["kind"], int(found["days"]), found["source"] or ""
    if kind not in KINDS:
        raise ValueError(f"{part[:60]!r}: a kind is one of {', '.join(KINDS)}")
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(f"{part[:60]!r}: days are 1 to {MAX_DAYS:,}")
    if source and kind in WITHOUT_SOURCE:
        raise ValueError(f"{part[:60]!r}: {kind} belong to no source")
    return RetentionRule(kind, days, source)
