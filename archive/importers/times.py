"""Parses times as files write them: ISO 8601, common human and program forms, a strptime format, or a count.

Used by every importer. Returns a naive time if the file names no zone: it is in the source's zone. Refuses a time that
is ambiguous, lacks a part of its date, or names an unknown or ambiguous zone.
"""

import re
import zoneinfo
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from itertools import product

from dateutil import parser as dateutil

# Offsets of the abbreviations seen in exports, as in RFC 2822 if it defines one (CST is Chicago's), else in their
# European sense (BST is British Summer Time). IST is left out: Ireland, Israel and India use it.
ZONES = {
    "UTC": "+0000", "UT": "+0000", "GMT": "+0000", "Z": "+0000", "WET": "+0000", "WEST": "+0100", "BST": "+0100",
    "CET": "+0100", "MEZ": "+0100", "CEST": "+0200", "MESZ": "+0200", "EET": "+0200", "SAST": "+0200",
    "EEST": "+0300", "MSK": "+0300", "TRT": "+0300", "JST": "+0900", "KST": "+0900", "HKT": "+0800", "SGT": "+0800",
    "AWST": "+0800", "ACST": "+0930", "ACDT": "+1030", "AEST": "+1000", "AEDT": "+1100", "NZST": "+1200",
    "NZDT": "+1300", "NST": "-0330", "NDT": "-0230", "AST": "-0400", "ADT": "-0300", "EST": "-0500", "EDT": "-0400",
    "CST": "-0600", "CDT": "-0500", "MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
    "AKST": "-0900", "AKDT": "-0800", "HST": "-1000", "BRT": "-0300", "ART": "-0300",
}  # fmt: skip
_ZONE = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(sorted(ZONES, key=len, reverse=True))})(?![A-Za-z])")
# Units of counts: how many make a second, and the smallest plausible count (1973; counts of seconds are far smaller).
COUNTED = {"%s": (1, 0), "ms": (1_000, 10**11), "us": (1_000_000, 10**14)}
_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_COUNT = re.compile(r"(\d{1,20})(?:\.(\d{1,9}))?")
_MAX_LENGTH = 100
_RFC_2822 = re.compile(
    r"(?:[A-Z][a-z]{2}, {0,3}\d{1,2} [A-Z][a-z]{2} (?:[1-9]\d{3}|\d\d)|\d{1,2} [A-Z][a-z]{2} [1-9]\d{3})"
    r" \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|GMT|UTC?)"
)
# 20190503 and 20190503142210 are dates; any other number could be a count.
_DIGITS = re.compile(r"[\d.,]+")
_DATE_DIGITS = re.compile(r"\d{8}|\d{14}|\d{1,4}\.\d{1,2}\.\d{1,4}")
_REMARK = re.compile(r"(?<!\s)\s*+(?:\(([^()]*)\)|\[([^\[\]]*)\])$")
_CLOCK = r"(?:\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s*+[AaPp]\.?[Mm]\.?)?)"
_OFFSET = re.compile(rf"({_CLOCK})\s*+(?:GMT|UTC|UT|Z)?\s*+([+-])(\d{{1,2}})(?::?(\d\d))?(?=$|\s)")
_PLACE = re.compile(r"(?<!\s)\s++([A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_+-]+)+)$")
_OF_A_MONTH = re.compile(r"[A-Za-z]{3}")
_ANCIENT = re.compile(r"(?<![\d+:.-])0\d{3}(?!\d)")
_YEAR_FIRST = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d|\d{14}(?!\d)")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_FULL_YEAR = ("%Y", "%y", "%G", "%c", "%x")


class NoTimeError(ValueError):
    """A time in the year 1, which programs write for "no time"."""


def time_parse(value: str, time_format: str | None = None) -> datetime:
    """Returns the time written in `value`; naive if it names no zone.

    `time_format` is a strptime format, in which `%Z` accepts the abbreviations in `ZONES`, or one of `COUNTED`: `%s`
    seconds, `ms` milliseconds, `us` microseconds since 1970. Without it, accepts ISO 8601, RFC 2822 and any date whose
    parts are unambiguous.

    Raises:
        NoTimeError: it is in the year 1.
        ValueError: it is not a time in that format, or is outside the years 1 to 9999.
    """
    value = value.strip()
    found = _formed(value, time_format) if time_format else _standard(value)
    found = found if found.tzinfo is None else _in_utc(found)
    if found.year == 1:
        raise NoTimeError("the year 1 stands for no time")
    return found


def time_form_check(form: str) -> None:
    """Raises ValueError if `form` is not a usable time format: it must parse what it formats."""
    if form in COUNTED:
        return
    if not any(part in form for part in _FULL_YEAR):
        raise ValueError("it has no year")
    if "%p" in form and "%I" not in form:
        raise ValueError("%p goes with %I, not with %H")
    time_parse(datetime(2014, 6, 26, 13, 5, 7, tzinfo=UTC).strftime(form), form)


def _formed(value: str, time_format: str) -> datetime:
    if time_format in COUNTED:
        return _counted(value, *COUNTED[time_format])
    if "%Z" in time_format:
        value = _ZONE.sub(lambda zone: ZONES[zone[0]], value, count=1)
        time_format = time_format.replace("%Z", "%z")
    try:
        return datetime.strptime(value, time_format)  # noqa: DTZ007 - naive means the source's own zone
    except (OverflowError, TypeError) as error:
        raise ValueError("not a time in this form") from error


def _counted(value: str, a_second: int, least: int) -> datetime:
    match = _COUNT.fullmatch(value)
    if match is None or int(match[1]) < least:
        raise ValueError("not a count of this unit since 1970")
    part = float(f"0.{match[2]}") if match[2] else 0.0
    try:
        whole = timedelta(microseconds=int(match[1]) * 1_000_000 // a_second)
        return _1970 + whole + timedelta(microseconds=int(part * 1_000_000 / a_second))
    except OverflowError as error:
        raise ValueError("a time outside the years 1 to 9999") from error


def _standard(value: str) -> datetime:
    if len(value) > _MAX_LENGTH:
        raise ValueError("too long for a time")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return _rfc_2822(value) if _RFC_2822.fullmatch(value) else _as_people_write(value)


def _rfc_2822(value: str) -> datetime:
    # The standard library's parser raises other errors for some crafted dates.
    try:
        found = parsedate_to_datetime(value)
    except (TypeError, IndexError, OverflowError, AttributeError) as error:
        raise ValueError("not a time in RFC 2822") from error
    # -0000 means UTC from an unknown local zone.
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _as_people_write(value: str) -> datetime:
    """Parses a time with dateutil, after rewriting its zone in the one form that dateutil reads as we do."""
    if value.startswith("-") or (_DIGITS.fullmatch(value) and not _DATE_DIGITS.fullmatch(value)):
        raise ValueError("a number is a time only in a form that is given")
    bare, place = _zone_apart(value)
    if ancient := _ANCIENT.search(bare):
        # dateutil would read the year 1 as 2001.
        raise NoTimeError("the year 1 stands for no time") if ancient[0] == "0001" else ValueError("no year of ours")
    found = _agreed(bare)
    if not place:
        return found
    if found.tzinfo is not None:
        return found
    try:
        return found.replace(tzinfo=zoneinfo.ZoneInfo(place))
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError) as error:
        raise ValueError("a zone that nobody knows") from error


def _zone_apart(value: str) -> tuple[str, str]:
    """Returns the time with its offset as ` +0200`, and the zone it names (`Europe/Istanbul`) or an empty string.

    The name that JavaScript and Java add in brackets after an offset only repeats it.
    """
    place = ""
    if match := _REMARK.search(value):
        value, told = value[: match.start()], match[1] or match[2] or ""
        place = "" if _OFFSET.search(value) else told
    bare = _OFFSET.sub(lambda zone: f"{zone[1]} {zone[2]}{zone[3]:0>2}{zone[4] or '00'}", value, count=1)
    if place in ZONES:
        return f"{bare} {ZONES[place]}", ""
    if match := _PLACE.search(bare):
        return bare[: match.start()], match[1]
    return bare, place


def _agreed(value: str) -> datetime:
    """Returns the date if every order of day, month and year gives the same one; else raises ValueError."""
    plain = _YEAR_FIRST.match(value) or (_OF_A_MONTH.search(value) and _YEAR.search(value))
    orders = [(False, bool(_YEAR_FIRST.match(value)))] if plain else list(product((False, True), repeat=2))
    fills = (datetime(2004, 1, 1), datetime(2008, 2, 2))  # noqa: DTZ001 - what is not written shows by their difference
    found = {_read(value, day, year, fill) for day, year in orders for fill in fills}
    if len(found) != 1:
        raise ValueError("a part of the date is missing, or it can be read in two ways")
    return found.pop()


def _read(value: str, day_first: bool, year_first: bool, fill: datetime) -> datetime:
    try:
        return dateutil.parse(value, default=fill, dayfirst=day_first, yearfirst=year_first, tzinfos=_zone)
    except (TypeError, IndexError, OverflowError, AttributeError, ArithmeticError, KeyError) as error:
        raise ValueError("no time") from error


def _zone(name: str | None, offset: int | None) -> timezone | None:
    """Returns the zone that dateutil found. Refuses a name with an offset, whose sign dateutil inverts."""
    if name is None:
        return None if offset is None else timezone(timedelta(seconds=offset))
    if name.upper() not in ZONES or offset:
        raise ValueError("a zone that nobody can tell")
    written = ZONES[name.upper()]
    away = timedelta(hours=int(written[1:3]), minutes=int(written[3:]))
    return timezone(-away if written[0] == "-" else away)


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time outside the years 1 to 9999") from error
