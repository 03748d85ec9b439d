"""Ranges of ids as messages, and how a selection of comments is cut into them."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from archive.models import CommentQuerySet
from moderation.services.batch_scoring.options import ScoreOptions

# One claim of a run: eight batches, some seconds of work. A range is therefore claimed as a whole or not at all.
COMMENTS = 512
# Ids that one query reads while ranges are cut.
PAGE = 64 * COMMENTS
# Of a walk over all ids, whose comments are not read before: as many ranges at the most.
MAX_RANGES = 2_000


@dataclass(frozen=True, slots=True)
class ScoreRange:
    """The ids above `after` up to `until`, and what is to be scored of them; `run` is the command's that handed it out.

    `since` is in ISO 8601.
    """

    after: int
    until: int
    run: str = ""
    model: str | None = None
    source: str | None = None
    since: str | None = None
    rescore: bool = False

    @classmethod
    def of(cls, after: int, until: int, options: ScoreOptions, *, run: str) -> Self:
        """Returns a range of what a command's options select."""
        since = options.since.isoformat() if options.since else None
        return cls(after, until, run, options.model, options.source, since, options.rescore)

    @property
    def name(self) -> str:
        """What the range is called in its run."""
        return f"{self.after}-{self.until}"

    def as_json(self) -> Mapping[str, Any]:
        """Returns the arguments of its message."""
        return asdict(self)

    def options(self) -> ScoreOptions:
        """Returns the options of the run that scores it."""
        since = datetime.fromisoformat(self.since) if self.since else None
        span = (self.after, self.until)
        return ScoreOptions(model=self.model, source=self.source, since=since, rescore=self.rescore, span=span)


def ranges_of(comments: CommentQuerySet, *, after: int = 0, most: int | None = None) -> Iterator[tuple[int, int]]:
    """Yields ranges above `after` that hold 512 of `comments` each, the last one fewer; at most `most` of them."""
    given = 0
    while ids := list(comments.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:PAGE]):
        for first in range(0, len(ids), COMMENTS):
            if given == most:
                return
            last = ids[min(first + COMMENTS, len(ids)) - 1]
            yield after, last
            after, given = last, given + 1
        if len(ids) < PAGE:
            return


def ranges_to(last: int) -> Iterator[tuple[int, int]]:
    """Yields ranges of as many ids each, up to the id `last`: at most 2,000, of at least 512 ids."""
    size = max(COMMENTS, -(-last // MAX_RANGES))
    for after in range(0, last, size):
        yield after, min(after + size, last)
