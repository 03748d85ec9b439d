"""Who wrote a comment and when, as far as records tell: placeholders for nobody, and contradictions to stored values.

Pure: reads no rows. An edit changes a comment's text; a different writer or time makes it a different comment.
"""

import zoneinfo
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from archive.importers.placeholders import folded, names_nobody
from archive.importers.records import CommentRecord

_ACCOUNT_PARTS = 2


def placeholders_dropped(record: CommentRecord) -> CommentRecord:
    """Returns the record without a commenter's id or name that stands for nobody."""
    told = {name: getattr(record, name) for name in ("commenter_external_id", "commenter_name")}
    changed = {name: "" for name, value in told.items() if value and names_nobody(value)}
    return replace(record, **changed) if changed else record  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Writer:
    """A commenter's id in its source, and name. An id that begins with `name:` was made from the name."""

    key: str
    name: str

    @property
    def is_named_only(self) -> bool:
        """Whether the source gave no id."""
        return self.key.startswith("name:")


def same_writer(stored: Writer, said: Writer) -> bool:
    """Says whether two may be one person: the same id, or the same name if one of them has no id from the source."""
    if names_nobody(stored.key) or _account(stored.key) == _account(said.key):
        return True
    if stored.is_named_only == said.is_named_only:
        return False
    return not (stored.name and said.name) or folded(stored.name) == folded(said.name)


def _account(key: str) -> str:
    """Returns the id without the name that the WordPress importers add (`user:7:Ann`): people rename themselves."""
    parts = key.split(":", _ACCOUNT_PARTS)
    return f"user:{parts[1]}" if len(parts) > _ACCOUNT_PARTS and parts[0] == "user" else key


def same_time(stored: datetime, said: datetime, zone: str) -> bool:
    """Says whether two times may be the same moment, perhaps written with different precision.

    `stored` is aware. A naive `said` is in `zone`, which the source has now, or in UTC, which it had at first.
    """
    if said.tzinfo is not None:
        return _agree(stored, said, zone)
    zones = {zone, "UTC"}
    return any(_agree(stored, said.replace(tzinfo=zoneinfo.ZoneInfo(name)), name) for name in zones)


def _agree(one: datetime, two: datetime, zone: str) -> bool:
    return any(_coarsely(one, two, place) for place in {UTC, zoneinfo.ZoneInfo(zone), one.tzinfo, two.tzinfo} if place)


def _coarsely(one: datetime, two: datetime, place: object) -> bool:
    """Compares at the precision of the coarser one: microseconds, seconds, minutes or days."""
    pair = one.astimezone(place), two.astimezone(place)  # type: ignore[arg-type]
    for fields in ({}, {"microsecond": 0}, {"microsecond": 0, "second": 0}, _DAY):
        cut = [each.replace(**fields) for each in pair]  # type: ignore[arg-type]
        if cut[0] == cut[1] and any(whole == each for whole, each in zip(cut, pair, strict=True)):
            return True
    return False


_DAY = {"microsecond": 0, "second": 0, "minute": 0, "hour": 0}
