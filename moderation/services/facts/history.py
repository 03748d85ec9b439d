"""Commenters' records and reporters' weights as of a moment, read for a whole chunk of comments at once.

A comment's record is what was known when it came, also when it is judged again a year later: otherwise what people
decided about a comment would flow into the very verdict that is compared with their decision.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from django.db.models import Min

from archive.database.reading import ids_in, rows_fetched
from moderation.models import Decision, Mute, ReaderFlag, Standing, StandingKind
from moderation.policies import CommenterRecord
from moderation.services.facts.moments import Microseconds, microseconds
from moderation.services.facts.timeline import SETTLED, Act, Timeline, people_acts

# Ids in one query, below what SQLite takes in one statement.
IDS = 5_000
# Acts that a history remembers before it begins anew: about 200 MB.
MOST_ACTS = 500_000
# Seconds after which it begins anew, so that a long run sees what people decide meanwhile.
MOST_SECONDS = 300.0
# A reporter whom nobody has agreed or disagreed with yet counts one half.
AGREED_BEFORE, DECIDED_BEFORE = 1, 2

Reporter = tuple[int, str]
"""A source's id and the name of a reporter there."""


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of a commenter, each with its time in microseconds."""

    acts: Timeline
    muted_since: int | None
    standings: tuple[tuple[str, int, int | None], ...]

    def at(self, moment: int) -> CommenterRecord:
        """Returns the record as it was just before `moment`."""
        counts = self.acts.before(moment)
        standing = {
            kind for kind, since, ended in self.standings if since <= moment and not (ended and ended <= moment)
        }
        return CommenterRecord(
            approved=counts.approved,
            decided=counts.last_decided,
            rejected=counts.last_rejected,
            muted_before=self.muted_since is not None and self.muted_since < moment,
            exempt=StandingKind.EXEMPT in standing,
            staff=StandingKind.STAFF in standing,
        )


# Most commenters have no past.
NOTHING = Known(Timeline(()), None, ())


@dataclass(slots=True)
class History:
    """Reads histories and remembers them from chunk to chunk; one a run, not shared between threads.

    Three queries for a chunk with commenters that were not read before, and four for one with flags.
    """

    _commenters: dict[int, Known] = field(default_factory=dict)
    _reporters: dict[Reporter, Timeline] = field(default_factory=dict)
    _acts: int = 0
    _since: float = field(default_factory=monotonic)

    def records(self, asked: Collection[tuple[int, datetime]]) -> dict[tuple[int, datetime], CommenterRecord]:
        """Returns (commenter's id, moment) → the record as it was just before the moment."""
        self._forget_if_due()
        missing = sorted({commenter for commenter, _ in asked} - self._commenters.keys())
        for at in range(0, len(missing), IDS):
            self._read_commenters(missing[at : at + IDS])
        return {
            (commenter, moment): self._commenters[commenter].at(microseconds(moment)) for commenter, moment in asked
        }

    def flags(self, comments: Mapping[int, int]) -> dict[int, float]:
        """Returns comment's id → its reports, weighted, for `comments`: id → source's id.

        Those count that came before a person decided on the comment, and each reporter once, with the weight that they
        had when the last of these reports came: that is when the judging ran which the reports caused.
        """
        self._forget_if_due()
        reports = _reports(comments)
        wanted = {(comments[pk], name) for pk, (_, names) in reports.items() for name in names}
        self._read_reporters(wanted - self._reporters.keys())
        found = dict.fromkeys(comments, 0.0)
        for pk, (moment, names) in reports.items():
            found[pk] = sum(self._weight((comments[pk], name), moment) for name in sorted(names))
        return found

    def _weight(self, reporter: Reporter, moment: int) -> float:
        """The share of decided comments of theirs that were rejected, pulled to one half while there are few."""
        counts = self._reporters[reporter].before(moment)
        return (counts.rejected + AGREED_BEFORE) / (counts.decided + DECIDED_BEFORE)

    def _read_commenters(self, ids: Collection[int]) -> None:
        read = commenters_read(ids)
        self._commenters.update({pk: read.get(pk, NOTHING) for pk in ids})
        self._acts += len(ids) + sum(len(known.acts) for known in read.values())

    def _read_reporters(self, reporters: Collection[Reporter]) -> None:
        acts: dict[Reporter, list[Act]] = defaultdict(list)
        names = sorted({name for _, name in reporters})
        for at in range(0, len(names), IDS):
            for reporter, act in _agreements(names[at : at + IDS]):
                acts[reporter].append(act)
        for reporter in reporters:
            self._reporters[reporter] = Timeline(acts[reporter])
            self._acts += len(acts[reporter]) + 1

    def _forget_if_due(self) -> None:
        if self._acts > MOST_ACTS or monotonic() - self._since > MOST_SECONDS:
            self._commenters.clear()
            self._reporters.clear()
            self._acts, self._since = 0, monotonic()


def commenters_read(ids: Collection[int]) -> dict[int, Known]:
    """Returns commenter's id → all that is known of those of whom anything is; three queries, for IDS at most."""
    acts: dict[int, list[Act]] = defaultdict(list)
    people = Decision.objects.filter(people_acts(), comment__commenter__in=ids_in(ids)).order_by("at", "pk")
    columns = ("comment__commenter_id", Microseconds("at"), "comment_id", "to_state")
    for commenter, *act in rows_fetched(people.values_list(*columns)):
        acts[commenter].append(Act(*act))
    mutes = Mute.objects.filter(commenter__in=ids_in(ids)).order_by().values_list("commenter_id")
    muted = dict(rows_fetched(mutes.annotate(first=Min(Microseconds("since")))))
    standings: dict[int, list[tuple[str, int, int | None]]] = defaultdict(list)
    kinds = Standing.objects.filter(commenter__in=ids_in(ids)).order_by("pk")
    spans = kinds.values_list("commenter_id", "kind", Microseconds("since"), Microseconds("ended_at"))
    for commenter, kind, since, ended in rows_fetched(spans):
        standings[commenter].append((kind, since, ended))
    found = {*acts, *muted, *standings}
    return {pk: Known(Timeline(acts.get(pk, ())), muted.get(pk), tuple(standings.get(pk, ()))) for pk in found}


def _reports(comments: Collection[int]) -> dict[int, tuple[int, set[str]]]:
    """Returns comment's id → when the last report came that counts, and who reported until then."""
    flags: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for pk, name, at in _in_parts(comments):
        flags[pk].append((at, name))
    decided = _first_decided(flags)
    found = {}
    for pk, those in flags.items():
        counted = [(at, name) for at, name in those if pk not in decided or at <= decided[pk]]
        if counted:
            found[pk] = (max(at for at, _ in counted), {name for _, name in counted})
    return found


def _in_parts(comments: Collection[int]) -> Iterable[tuple[int, str, int]]:
    ids = sorted(comments)
    for at in range(0, len(ids), IDS):
        rows = ReaderFlag.objects.filter(comment__in=ids_in(ids[at : at + IDS]))
        yield from rows_fetched(rows.values_list("comment_id", "reporter", Microseconds("at")))


def _first_decided(comments: Collection[int]) -> dict[int, int]:
    """Returns comment's id → when a person first approved or rejected it."""
    ids, found = sorted(comments), {}
    for at in range(0, len(ids), IDS):
        rows = Decision.objects.filter(people_acts(), comment__in=ids_in(ids[at : at + IDS]))
        final = rows.filter(to_state__in=SETTLED).order_by().values_list("comment_id")
        found.update(dict(rows_fetched(final.annotate(first=Min(Microseconds("at"))))))
    return found


def _agreements(names: Collection[str]) -> Iterable[tuple[Reporter, Act]]:
    """Yields people's acts on comments that these reporters had reported by then, oldest first."""
    rows = ReaderFlag.objects.filter(people_acts("comment__decisions__"), reporter__in=names)
    decided = Microseconds("comment__decisions__at")
    columns = ("reporter", "comment__source_id", "comment_id", Microseconds("at"), decided)
    ordered = rows.order_by("comment__decisions__at", "comment__decisions__pk")
    for name, source, comment, flagged, at, state in rows_fetched(
        ordered.values_list(*columns, "comment__decisions__to_state")
    ):
        if flagged <= at:
            yield (source, name), Act(at, comment, state)
