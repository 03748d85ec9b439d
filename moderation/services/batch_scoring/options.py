"""The options, report and plan of a scoring run, as plain data."""

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from moderation.services.errors import invalid

MAX_BATCH = 1_024


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """What to score and how.

    `model` is the label of a model that is not active, whose scores are only stored (None: the active ones);
    `batch_size` is how many texts are scored and saved together; `limit`
    is the maximum number of comments; `since` is a lower bound on `created_at`; `source` is a slug or name; `shard` is
    (i, n), i from 1 to n; `rescore` includes comments that another model scored and those that were set aside. `span`
    (above the first id, up to the second) and `ids` make it a part of a larger run: what others hold is left to them.
    """

    model: str | None = None
    batch_size: int = 64
    limit: int | None = None
    since: datetime | None = None
    source: str | None = None
    shard: tuple[int, int] | None = None
    rescore: bool = False
    span: tuple[int, int] | None = None
    ids: tuple[int, ...] = ()

    @property
    def is_part(self) -> bool:
        """Whether this is one part of a larger run."""
        return bool(self.span or self.ids)

    def check(self) -> None:
        """Raises ServiceError naming the first invalid option."""
        if not 1 <= self.batch_size <= MAX_BATCH:
            raise invalid("/batch_size", f"A batch has 1 to {MAX_BATCH} texts.", limit=MAX_BATCH)
        if self.limit is not None and self.limit < 1:
            raise invalid("/limit", "A limit is at least 1.", limit=1)
        if self.shard and not 1 <= self.shard[0] <= self.shard[1]:
            raise invalid("/shard", "A shard is i/n with i from 1 to n.")


@dataclass(slots=True)
class ScoreReport:
    """The counts of a run, updated while it goes on.

    `model` names all models of the run; `by_model` is how many each scored. `texts_sent` counts texts sent for scores;
    `spans_sent` flagged texts sent again for their spans. `reused` of the
    `scored` already had the score that counts and were only judged. `changed` were edited or closed while they were
    being scored and are not done. `error` is the code of the error that ended the run early.
    """

    model: str
    active: bool = True
    total: int = 0
    scored: int = 0
    by_model: Counter[str] = field(default_factory=Counter)
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
        """How many comments this run is finished with."""
        return self.scored + self.refused.total() + len(self.set_aside)

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.started

    @property
    def rate(self) -> float:
        """Comments per second."""
        return self.done / max(self.seconds, 1e-9)

    @property
    def failed(self) -> bool:
        """Whether the run failed in whole or in part."""
        return bool(self.error or self.set_aside)


@dataclass(frozen=True, slots=True)
class ScorePlan:
    """What a run would do.

    `by_source` is slug → number of comments to score, within the limit. `leased` of them are held by other runs;
    `set_aside` others are skipped because the model failed on them before. `closed` comments would be closed without
    scoring.
    """

    model: str
    active: bool
    by_source: dict[str, int]
    leased: int
    set_aside: int
    closed: int

    @property
    def total(self) -> int:
        """How many comments the run would score."""
        return sum(self.by_source.values())
