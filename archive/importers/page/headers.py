"""What opens and closes a comment on a page, in every form of thread: its time, and the buttons below it. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime

from archive.importers.page.dates import dates_found
from archive.importers.page.lines import PageLine

REPLY = re.compile(r"\W*(?:(?:log|sign) ?in to )?reply(?: to .{1,80})?\W*+", re.IGNORECASE)
BUTTON = re.compile(
    r"\W*(?:quote|report(?: (?:abuse|comment))?|(?:\d+ )?(?:dis)?likes?\s*+\(?\d*\)?|share|edit|delete|flag|permalink"
    r"|vote (?:up|down)|(?:up|down) ?vote|loading|show (?:more|less)|collapse|expand)\W*+",
    re.IGNORECASE,
)
_MAX_TIME = 100
_EDGES_OF_A_TIME = re.compile(
    r"^[\s(·|,–—-]*(?:(?:posted )?on |at )?"
    r"|(?<![\s)·|,.:–—-])[\s)·|,.:–—-]*+(?:permalink|\(?edit\)?)?\s*$",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"(?:about |almost |over |around )?(?:an?|one|\d{1,3}) ?"
    r"(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?|mos?|months?|y|yrs?|years?) ago"
    r"|just now|moments? ago|(?:yesterday|today)(?: at \d{1,2}[:.]\d\d(?: ?[ap]m)?)?|\d{1,3} ?(?:mins?|hrs?|[mhdwy])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CommentHeader:
    """The line that opens a comment; `number` is empty if the page does not number comments."""

    line: PageLine
    number: str
    name: str
    created_at: datetime | None


def time_read(text: str) -> tuple[bool, datetime | None]:
    """Returns whether `text` is a time and nothing else, and the time; None for a relative one like `2 hours ago`."""
    bare = _EDGES_OF_A_TIME.sub("", text) if len(text) <= _MAX_TIME else ""
    if _RELATIVE.fullmatch(bare):
        return True, None
    dates = dates_found(bare)
    whole = len(dates) == 1 and (dates[0].begin, dates[0].end) == (0, len(bare))
    return (True, dates[0].time) if whole else (False, None)
