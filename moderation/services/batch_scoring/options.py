"""What a scoring run is told and what it tells: plain data between the services and whoever calls them."""

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from moderation.services.errors import invalid

MAX_BATCH = 1_024


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """What to score and how.

    `model` is a label (None: the active model); `batch_size` texts are sent and saved together; `limit` comments at
    most; `since` bounds `created_at` from below; `source` is a slug or name; `shard` is (i, n), i from 1 to n;
    `rescore` also takes comments that another model scored and those that were set aside.
    """

    model: str | None = None
    batch_size: int = 64
    limit: int | None = None
    since: datetime | None = None
    source: str | None = None
    shard: tuple[int, int] | None = None
    rescore: bool = False

    def check(self) -> None:
        """Raises ServiceError naming the option that makes no sense."""
        if not 1 <= self.batch_size <= MAX_BATCH:
            raise invalid("/batch_size", f"A batch has 1 to {MAX_BATCH} texts.", limit=MAX_BATCH)
        if self.limit is not None and self.limit < 1:
            raise invalid("/limit", "A limit is at least 1.", limit=1)
        if self.shard and not 1 <= self.shard[0] <= self.shard[1]:
            raise invalid("/shard", "A shard is i/n with i from 1 to n.")


@dataclass(slots=True)
class ScoreReport:
    """What became of a run's comments, counted while it goes on.

    `texts_sent` is every text sent for scores; `spans_sent` are flagged ones sent once more for the spans in them.
    `reused` of the `scored` had a score of this model already and were only judged. `changed` were edited or closed
    while the model read them and are not done. `error` is the code of what ended the run early.
    """

    model: str
    active: bool = True
    total: int = 0
    scored: int = 0
    reused: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    set_aside: dict[int, str] = field(default_factory=dict)
    flagged: int = 0
    states: Counter[str] = field(default_factory=Counter)
    closed: int = 0
    changed: int = 0
    texts_sent: int = 0
    spans_sent: int = 0
    left_to_others: int = 0
    stopped: bool = False
    error: str = ""
    started: float = field(default_factory=time.monotonic)

    @property
    def done(self) -> int:
        """How many comments need nothing more from this run."""
        return self.scored + self.refused.total() + len(self.set_aside)

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.started

    @property
    def rate(self) -> float:
        """Comments a second."""
        return self.done / max(self.seconds, 1e-9)

    @property
    def failed(self) -> bool:
        """Whether the run failed in whole or in part."""
        return bool(self.error or self.set_aside)


@dataclass(frozen=True, slots=True)
class ScorePlan:
    """What a run would do: `by_source` is slug → comments to score; `leased` of them are another run's now, and
    `set_aside` made the model fail before and would be left alone. `closed` comments would be closed unscored."""

    model: str
    active: bool
    by_source: dict[str, int]
    leased: int
    set_aside: int
    closed: int
    limit: int | None = None

    @property
    def total(self) -> int:
        """How many comments the run would score."""
        found = sum(self.by_source.values()) - self.set_aside
        return found if self.limit is None else min(found, self.limit)
