"""Finds dates as news pages print them: in bylines, under headlines and above comments."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from archive.importers.times import ZONES

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_MONTH = (
    r"(?P<{}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_DAY = r"(?:st|nd|rd|th)?"
_ZONE = r"(?:\s*\(?(?P<{}>(?:(?-i:GMT|UTC)\s?[+-]\d{{1,2}}|[+-]\d\d)(?::?\d\d)?(?![\d:])|(?-i:Z|[A-Z]{{2,5}})\b)\)?)?"
_CLOCK = r"(?P<{0}h>\d{{1,2}})[:.](?P<{0}m>\d\d)(?:[:.]\d\d(?:\.\d+)?)?(?:\s*(?P<{0}half>[ap])\.?m\.?)?"
_BEFORE = _CLOCK.format("b") + _ZONE.format("bz") + r",?\s+(?:on\s+)?"
_AFTER = r"(?:(?:\s*[,|T·–-]\s*|\s+)(?:at\s+)?" + _CLOCK.format("a") + _ZONE.format("az") + ")?"
_DATE = re.compile(
    rf"(?<![\w.])(?:{_BEFORE})?{_WEEKDAY}(?:"
    r"(?P<iy>\d{4})-(?P<im>\d\d)-(?P<id>\d\d)"
    r"|(?P<nd>\d{1,2})(?P<sep>[./])(?P<nm>\d{1,2})(?P=sep)(?P<ny>\d{4})"
    rf"|{_MONTH.format('mm')}\s+(?P<md>\d{{1,2}}){_DAY},?\s+(?P<my>\d{{4}})"
    rf"|(?P<dd>\d{{1,2}}){_DAY}\s+{_MONTH.format('dm')},?\s+(?P<dy>\d{{4}})"
    rf"){_AFTER}",
    re.IGNORECASE,
)

_OFFSET = re.compile(r"(?:(?:GMT|UTC)\s?)?([+-])(\d{1,2}?)(?::?(\d\d))?", re.IGNORECASE)
# Zone abbreviations that several countries use, each for its own zone.
_SHARED = frozenset({"IST", "WST", "AMT", "GST", "ICT", "BDT", "WIT", "PYT", "SST", "ECT", "LMT"})
_MONTHS_A_YEAR = 12
_HOURS_A_HALF = 12


@dataclass(frozen=True, slots=True)
class PageDate:
    """A date in a line, from character `begin` up to `end`.

    `time` is naive if the page names no zone, and None if the date is invalid or ambiguous (03/04/2021).
    """

    begin: int
    end: int
    time: datetime | None


def dates_found(line: str, *, day_first: bool | None = None) -> list[PageDate]:
    """Returns the dates in `line`, in order. `day_first` decides between 3 April and 4 March for 03/04/2021."""
    return [PageDate(match.start(), match.end(), _time(match, day_first)) for match in _DATE.finditer(line)]


def _time(match: re.Match[str], day_first: bool | None) -> datetime | None:
    date = _date(match, day_first)
    clock = "b" if match["bh"] else "a" if match["ah"] else ""
    if date is None or not clock:
        return date
    return _with_clock(date, match, clock)


def _date(match: re.Match[str], day_first: bool | None) -> datetime | None:
    year, month, day = _numbers(match, day_first)
    try:
        return datetime(year, month, day)  # noqa: DTZ001 - naive means the source's own zone
    except ValueError:
        return None


def _numbers(match: re.Match[str], day_first: bool | None) -> tuple[int, int, int]:
    if match["iy"]:
        return int(match["iy"]), int(match["im"]), int(match["id"])
    if match["my"]:
        return int(match["my"]), _month(match["mm"]), int(match["md"])
    if match["dy"]:
        return int(match["dy"]), _month(match["dm"]), int(match["dd"])
    first, second = _ordered(int(match["nd"]), int(match["nm"]), match["sep"] == "." or day_first)
    return int(match["ny"]), second, first


def _month(name: str) -> int:
    return MONTHS.index(name[:3].lower()) + 1


def _ordered(first: int, second: int, day_first: bool | None) -> tuple[int, int]:
    """Returns day and month; month 0, which is invalid, if the order is ambiguous."""
    if first > _MONTHS_A_YEAR or day_first or first == second:
        return first, second
    if second > _MONTHS_A_YEAR or day_first is False:
        return second, first
    return first, 0


def _with_clock(date: datetime, match: re.Match[str], clock: str) -> datetime | None:
    hour, minute = int(match[f"{clock}h"]), int(match[f"{clock}m"])
    half = (match[f"{clock}half"] or "").lower()
    if half and hour <= _HOURS_A_HALF:
        hour = hour % _HOURS_A_HALF + (_HOURS_A_HALF if half == "p" else 0)
    try:
        return date.replace(hour=hour, minute=minute, tzinfo=_zone(match[f"{clock}z"]))
    except ValueError:
        return None


def _zone(name: str | None) -> timezone | None:
    """Returns the zone that `name` stands for; None, for the source's zone, if it is missing or no zone's name.

    Raises:
        ValueError: several countries use it.
    """
    if name in _SHARED:
        raise ValueError("a zone that nobody can tell")
    match = _OFFSET.fullmatch(ZONES.get((name or "").upper(), name or ""))
    if match is None:
        return None
    away = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-away if match[1] == "-" else away) if away < timedelta(hours=24) else None
