"""Commenters' records as columns: what `History.records` says, for the many rows of a chunk at once.

The acts of all commenters read so far stand behind one another in arrays, and one bisection goes through all of them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from moderation.policies import CommenterRecord
from moderation.services.facts.history import IDS, MOST_ACTS, MOST_SECONDS, Known, commenters_read

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

ENDS = np.iinfo(np.int64)
# Stands before the acts of each commenter: nothing was decided yet.
BEFORE_ALL = (ENDS.min, 0, 0, 0)
# The place of comments without a commenter.
NOBODY = 0


@dataclass(frozen=True, slots=True)
class RecordColumns:
    """The records of rows, as in `CommenterRecord`; rows without a commenter are not `known`."""

    known: Booleans
    approved: Ints
    decided: Ints
    rejected: Ints
    muted_before: Booleans
    exempt: Booleans
    staff: Booleans

    def numbers(self, name: str) -> Floats:
        """Returns what a condition on the record is about, 1 for true and 0 for false; NaN where it is not known."""
        return np.where(self.known, NUMBERS[name](self), np.nan)

    def record(self, row: int) -> CommenterRecord | None:
        """Returns the record of one row."""
        if not self.known[row]:
            return None
        return CommenterRecord(
            approved=int(self.approved[row]),
            decided=int(self.decided[row]),
            rejected=int(self.rejected[row]),
            muted_before=bool(self.muted_before[row]),
            exempt=bool(self.exempt[row]),
            staff=bool(self.staff[row]),
        )


def _rejected_share(columns: RecordColumns) -> Floats:
    return np.where(columns.decided > 0, columns.rejected / np.maximum(columns.decided, 1), np.nan)


NUMBERS: dict[str, Callable[[RecordColumns], NDArray[np.generic]]] = {
    "approved": lambda columns: columns.approved,
    "rejected_share": _rejected_share,
    "new": lambda columns: columns.decided == 0,
    "exempt": lambda columns: columns.exempt,
    "staff": lambda columns: columns.staff,
    "muted_before": lambda columns: columns.muted_before,
}


class Records:
    """Reads records and remembers them from chunk to chunk, as long as they are neither many nor old; one a run."""

    def __init__(self) -> None:
        """Begins without any."""
        self._forget()

    def as_of(self, commenters: Ints, moments: Ints) -> RecordColumns:
        """Returns the record of each row's commenter just before its moment, in microseconds; id 0 is nobody."""
        if len(self._acts) + len(self._places) > MOST_ACTS or monotonic() - self._since > MOST_SECONDS:
            self._forget()
        names, places = np.unique(commenters, return_inverse=True)
        self._read(pk for pk in names.tolist() if pk not in self._places)
        at = np.array([self._places[pk] for pk in names.tolist()], dtype=np.intp)[places]
        acts = self._acts[_last_before(self._acts[:, 0], self._begins[at], self._begins[at + 1], moments)]
        exempt, staff = (self._standing(kind, at, moments) for kind in ("exempt", "staff"))
        muted = self._muted[at] < moments
        return RecordColumns(commenters != 0, acts[:, 1], acts[:, 2], acts[:, 3], muted, exempt, staff)

    def _forget(self) -> None:
        """Begins anew: nobody's record is the first."""
        self._since = monotonic()
        self._places = {0: NOBODY}
        self._acts: Ints = np.array([BEFORE_ALL], dtype=np.int64)
        # Where the acts of each commenter begin; at the next one's begin they end.
        self._begins: Ints = np.array([0, 1], dtype=np.int64)
        self._muted: Ints = np.array([ENDS.max], dtype=np.int64)
        # Place → kind, since and until when. Few commenters ever have a standing.
        self._standings: dict[int, list[tuple[str, int, int]]] = {}

    def _read(self, missing: Iterable[int]) -> None:
        ids = list(missing)
        for at in range(0, len(ids), IDS):
            part = ids[at : at + IDS]
            # Those without a past share the first place.
            self._places.update(dict.fromkeys(part, NOBODY))
            self._add(commenters_read(part))

    def _add(self, read: dict[int, Known]) -> None:
        acts: list[tuple[int, int, int, int]] = []
        begins: list[int] = []
        muted: list[int] = []
        for pk, known in read.items():
            self._places[pk] = len(self._muted) + len(muted)
            acts.append(BEFORE_ALL)
            acts.extend(_rows(known))
            begins.append(len(self._acts) + len(acts))
            muted.append(ENDS.max if known.muted_since is None else known.muted_since)
            if known.standings:
                self._standings[self._places[pk]] = [*_spans(known)]
        self._acts = np.concatenate((self._acts, np.array(acts, dtype=np.int64).reshape(-1, 4)))
        self._begins = np.concatenate((self._begins, np.array(begins, dtype=np.int64)))
        self._muted = np.concatenate((self._muted, np.array(muted, dtype=np.int64)))

    def _standing(self, kind: str, at: NDArray[np.intp], moments: Ints) -> Booleans:
        """Returns whose commenter had this standing."""
        found = np.zeros(len(at), dtype=np.bool_)
        for row in np.flatnonzero(np.isin(at, list(self._standings))).tolist():
            spans, moment = self._standings[int(at[row])], moments[row]
            found[row] = any(one == kind and since <= moment < until for one, since, until in spans)
        return found


def _rows(known: Known) -> Iterable[tuple[int, int, int, int]]:
    for moment, counts in known.acts.steps():
        yield moment, counts.approved, counts.last_decided, counts.last_rejected


def _spans(known: Known) -> Iterable[tuple[str, int, int]]:
    for kind, since, ended in known.standings:
        yield kind, since, ENDS.max if ended is None else ended


def _last_before(values: Ints, begins: Ints, ends: Ints, asked: Ints) -> Ints:
    """Returns, for each row, the last place from its begin to before its end whose value is below what is asked.

    The values between are in order, and the first is below all that can be asked.
    """
    low, high = begins, ends
    while (low < high).any():
        middle = (low + high) // 2
        below = (low < high) & (values[np.minimum(middle, len(values) - 1)] < asked)
        low, high = np.where(below, middle + 1, low), np.where(below, high, np.minimum(middle, high))
    return low - 1
