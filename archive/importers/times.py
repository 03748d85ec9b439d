"""Times as files write them: ISO 8601, RFC 2822, or a strptime form, with the zone names that people use.

Used by every importer. Returns naive times where the file names no zone: they are then in the source's own.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Offsets of the abbreviations seen in exports, in the sense of RFC 2822 where that has one (CST is Chicago's) and of
# Europe else (BST is British Summer Time). IST is left out: Ireland, Israel and India use it.
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


def time_parse(value: str, time_format: str | None = None) -> datetime:
    """Returns the time that `value` writes; naive where it names no zone.

    `time_format` is a strptime form, in which `%Z` takes the abbreviations of `ZONES`, or `%s` alone for seconds since
    1970. Without it ISO 8601 and RFC 2822 are taken.

    Raises:
        ValueError: it is no time in that form, or one outside the years 1 to 9999.
    """
    value = value.strip()
    found = _formed(value, time_format) if time_format else _standard(value)
    return found if found.tzinfo is None else _in_utc(found)


def _formed(value: str, time_format: str) -> datetime:
    if time_format == "%s":
        return _since_1970(value)
    if "%Z" in time_format:
        value = _ZONE.sub(lambda zone: ZONES[zone[0]], value, count=1)
        time_format = time_format.replace("%Z", "%z")
    try:
        return datetime.strptime(value, time_format)  # noqa: DTZ007 - naive means the source's own zone
    except (OverflowError, TypeError) as error:
        raise ValueError("not a time in this form") from error


def _since_1970(value: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("a time outside the years 1 to 9999") from error


def _standard(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return _rfc_2822(value)


def _rfc_2822(value: str) -> datetime:
    # The standard library's parser answers some crafted dates with errors of other kinds.
    try:
        return parsedate_to_datetime(value)
    except (TypeError, IndexError, OverflowError, AttributeError) as error:
        raise ValueError("not a time in ISO 8601 or RFC 2822") from error


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time outside the years 1 to 9999") from error
