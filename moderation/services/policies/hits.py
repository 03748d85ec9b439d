"""How often each rule decides, day by day: beside the version before, against its own history, with samples."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from django.db.models import Count, F
from django.db.models.fields.json import KeyTextTransform

from moderation.estimates.alarms import Alarm, rule_alarm
from moderation.models import PolicyVersion, Review, ReviewQuerySet, ShadowVerdict, State
from moderation.models.rules.policy import CANDIDATES, PolicyStatus
from moderation.services.verdicts.stored.stored_columns import DayNumber, last_id

EPOCH = date(1970, 1, 1)
DAYS = 28
# Four half-lives of `moderation.estimates.alarms`: what is older counts for next to nothing.
HISTORY_DAYS = 56
SAMPLES = 50
# Samples are of the newest comments: a rule that never matches must not make the database read all of them.
SAMPLED_AMONG = 200_000
# (version's id, day, rule) → comments.
Counts = dict[tuple[int, date, str], int]


@dataclass(frozen=True, slots=True)
class RuleDays:
    """One rule's hits in two versions: `hits` and `hits_before` a day, oldest first. The empty rule is no match."""

    rule: str
    hits: tuple[int, ...]
    hits_before: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HitsReport:
    """Hits a rule a day; `judged` and `judged_before` are all comments of the day that the versions judged.

    A candidate stands beside the active version on the comments that both judged, by the day on which they did; other
    versions beside the one before, each on its own comments, by the day on which these came. Days are in UTC.
    """

    version: int
    before: int | None
    days: tuple[date, ...]
    judged: tuple[int, ...]
    judged_before: tuple[int, ...]
    rules: tuple[RuleDays, ...]


@dataclass(frozen=True, slots=True)
class RuleAlarm:
    """A rule's share of the comments of one day against the share that the same rule had before."""

    rule: str
    hits: int
    judged: int
    alarm: Alarm


def rule_hits(*, version: PolicyVersion, until: date, days: int = DAYS, sources: Collection[int] = ()) -> HitsReport:
    """Returns the rules' hits on the `days` days that end with `until`; three queries at most.

    `sources` are ids: of their comments alone; none: of all.
    """
    span = tuple(until - timedelta(days=days - 1 - at) for at in range(days))
    candidate = version.status in CANDIDATES
    before = PolicyVersion.objects.filter(active=True).first() if candidate else version_before(version)
    counts = _counts(version, before, span, sources)
    return HitsReport(
        version=version.version,
        before=before.version if before else None,
        days=span,
        judged=_judged(counts, version, span),
        judged_before=_judged(counts, before, span),
        rules=tuple(
            RuleDays(rule, _row(counts, version, span, rule), _row(counts, before, span, rule))
            for rule in _rules(version, before, counts)
        ),
    )


def rule_samples(
    *, version: PolicyVersion, rule: str, limit: int = SAMPLES, sources: Collection[int] = ()
) -> ReviewQuerySet:
    """Returns reviews that the rule decided, newest first, with comment, article and source; one query.

    The empty rule is no match; `sources` are ids, none: all. A candidate in shadow has decided nothing: those are the
    comments it would have.
    """
    reviews = Review.objects.filter(pk__gt=last_id() - SAMPLED_AMONG).in_sources(sources)
    reviews = reviews.select_related("comment", "source", "article")
    if version.status in CANDIDATES:
        said = ShadowVerdict.objects.filter(policy=version, rule=rule).values("comment_id")
        return reviews.filter(pk__in=said).order_by("-pk")[:limit]
    return reviews.filter(policy=version, verdict__rule=rule).order_by("-pk")[:limit]


def rule_alarms(*, version: PolicyVersion, day: date, sources: Collection[int] = ()) -> list[RuleAlarm]:
    """Returns of each rule whether its share of the comments of `day` leaves its own history; two queries.

    Its history is that of all versions that have the very same rule, over 56 days; `sources` are ids, none: all.
    """
    span = tuple(day - timedelta(days=HISTORY_DAYS - at) for at in range(HISTORY_DAYS + 1))
    sharing = _sharing(version)
    counts = _review_counts({pk for pks in sharing.values() for pk in pks}, span, sources)
    return [_alarm(rule, pks, counts, span) for rule, pks in sharing.items()]


def version_before(version: PolicyVersion) -> PolicyVersion | None:
    """Returns the newest earlier version that is no draft; None if there is none."""
    earlier = PolicyVersion.objects.filter(version__lt=version.version).exclude(status=PolicyStatus.DRAFT)
    return earlier.order_by("-version").first()


def _sharing(version: PolicyVersion) -> dict[str, set[int]]:
    """Returns rule → the ids of the versions that have the same rule, `version` among them."""
    rules = {rule["id"]: rule for rule in version.body["rules"]}
    sharing: dict[str, set[int]] = {rule: set() for rule in rules}
    for pk, body in PolicyVersion.objects.exclude(status=PolicyStatus.DRAFT).values_list("pk", "body"):
        for rule in body.get("rules", ()):
            if rules.get(rule.get("id")) == rule:
                sharing[rule["id"]].add(pk)
    return sharing


def _alarm(rule: str, versions: Collection[int], counts: Counts, span: tuple[date, ...]) -> RuleAlarm:
    hits, judged = dict.fromkeys(span, 0), dict.fromkeys(span, 0)
    for (version, day, decided), count in counts.items():
        if version in versions:
            judged[day] += count
            hits[day] += count if decided == rule else 0
    *past_hits, today = hits.values()
    *past_rows, rows = judged.values()
    past = np.array([past_hits, past_rows], np.int64)
    return RuleAlarm(rule, today, rows, rule_alarm(hits=today, rows=rows, past_hits=past[0], past_rows=past[1]))


def _counts(
    version: PolicyVersion, before: PolicyVersion | None, span: tuple[date, ...], sources: Collection[int]
) -> Counts:
    if version.status not in CANDIDATES or before is None:
        return _review_counts([one.pk for one in (version, before) if one], span, sources)
    ours = _shadow_counts(version, version, "rule", span, sources)
    return ours | _shadow_counts(version, before, "active_rule", span, sources)


def _review_counts(versions: Collection[int], span: tuple[date, ...], sources: Collection[int] = ()) -> Counts:
    """Counts stored verdicts; one query."""
    # Naming every state lets the database find the days in the index of state and time.
    within = Review.objects.filter(state__in=State.values, policy__in=versions, **_between("created_at", span))
    named = within.in_sources(sources).annotate(day=DayNumber("created_at"), rule=KeyTextTransform("rule", "verdict"))
    rows = named.values_list("policy_id", "day", "rule").annotate(comments=Count("pk")).order_by()
    return {(pk, _day(number), rule or ""): count for pk, number, rule, count in rows}


def _shadow_counts(
    candidate: PolicyVersion, of: PolicyVersion, column: str, span: tuple[date, ...], sources: Collection[int]
) -> Counts:
    """Counts what the candidate, or the active version beside it, said; one query."""
    within = ShadowVerdict.objects.filter(policy=candidate, **_between("at", span))
    within = within.filter(comment__source__in=sources) if sources else within
    named = within.annotate(day=DayNumber("at"), decided=F(column))
    rows = named.values_list("day", "decided").annotate(comments=Count("pk")).order_by()
    return {(of.pk, _day(number), rule): count for number, rule, count in rows}


def _between(column: str, span: tuple[date, ...]) -> dict[str, Any]:
    begin, end = (datetime.combine(day, time(), UTC) for day in (span[0], span[-1] + timedelta(days=1)))
    return {f"{column}__gte": begin, f"{column}__lt": end}


def _day(number: int) -> date:
    return EPOCH + timedelta(days=number)


def _rules(version: PolicyVersion, before: PolicyVersion | None, counts: Counts) -> Iterable[str]:
    """Returns the version's rules in their order, then those of the one before alone, then others that decided."""
    bodies = [one.body for one in (version, before) if one]
    written = [rule["id"] for body in bodies for rule in body.get("rules", ())]
    return dict.fromkeys([*written, *sorted(rule for _, _, rule in counts)])


def _row(counts: Counts, version: PolicyVersion | None, span: tuple[date, ...], rule: str) -> tuple[int, ...]:
    return tuple(counts.get((version.pk, day, rule), 0) if version else 0 for day in span)


def _judged(counts: Counts, version: PolicyVersion | None, span: tuple[date, ...]) -> tuple[int, ...]:
    judged: defaultdict[date, int] = defaultdict(int)
    for (pk, day, _rule), count in counts.items():
        judged[day] += count if version and pk == version.pk else 0
    return tuple(judged[day] for day in span)
