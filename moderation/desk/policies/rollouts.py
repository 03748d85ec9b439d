"""A version's rollout for its page: what each rule hits beside the version before, drawn and in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isnan

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from moderation.estimates.alarms import AlarmState
from moderation.policies import Policy
from moderation.services.policies.hits import HitsReport, RuleAlarm, RuleDays

# A chart's size in its own units; a day takes STEP, of which WIDE is its bar.
STEP, WIDE, HEIGHT = 10, 8, 40
ALARMS: Mapping[str, str | Promise] = {
    AlarmState.USUAL: _("as before"),
    AlarmState.HIGH: _("more than before"),
    AlarmState.LOW: _("less than before"),
    AlarmState.NOT_ENOUGH: _("not enough data to tell"),
}


@dataclass(frozen=True, slots=True)
class Side:
    """A rule's hits in one version: `path` draws a bar a day, `words` say how many there are of how many comments."""

    path: str
    words: str


@dataclass(frozen=True, slots=True)
class TodayLine:
    """A rule's share of today's comments in words; `alarm` is set if it leaves the rule's own history."""

    words: str
    state: str
    alarm: bool


@dataclass(frozen=True, slots=True)
class HitLine:
    """One rule; the empty one is that none matched. `action` is empty for one that only the version before has."""

    rule: str
    action: str
    automatic: bool
    side: Side
    before: Side
    today: TodayLine | None


@dataclass(frozen=True, slots=True)
class DayLine:
    """One rule's hits of a day, of all comments that each version judged that day."""

    day: date
    hits: int
    judged: int
    hits_before: int
    judged_before: int


def hit_lines(policy: Policy, report: HitsReport, alarms: Sequence[RuleAlarm]) -> list[HitLine]:
    """Returns a line for each rule, all charts of a rule on one scale."""
    actions = {rule.id: rule.action for rule in policy.rules}
    automatic = {rule.id for rule in policy.automatic}
    today = {one.rule: today_line(one) for one in alarms}
    return [
        HitLine(
            row.rule,
            actions.get(row.rule, ""),
            row.rule in automatic,
            *_sides(row, report),
            today.get(row.rule),
        )
        for row in report.rules
    ]


def _sides(row: RuleDays, report: HitsReport) -> tuple[Side, Side]:
    most = max(*row.hits, *row.hits_before, 1)
    return _side(row.hits, report.judged, most), _side(row.hits_before, report.judged_before, most)


def _side(hits: Sequence[int], judged: Sequence[int], most: int) -> Side:
    heights = (max(1, round(HEIGHT * one / most)) if one else 0 for one in hits)
    bars = (f"M{at * STEP} {HEIGHT}v-{height}h{WIDE}v{height}z" for at, height in enumerate(heights) if height)
    return Side("".join(bars), share_words(sum(hits), sum(judged)))


def share_words(hits: int, judged: int) -> str:
    """Returns so many of so many comments, with the share if there is one."""
    shown = {"hits": number_format(hits, force_grouping=True), "judged": number_format(judged, force_grouping=True)}
    said = ngettext("%(hits)s of %(judged)s comment", "%(hits)s of %(judged)s comments", judged) % shown
    return f"{said} ({percent(hits / judged)})" if judged else said


def percent(share: float) -> str:
    """Returns a share in percent with one decimal, rounded: `number_format` alone cuts off."""
    return gettext("%(share)s %%") % {"share": number_format(round(100 * share, 1), decimal_pos=1)}


def today_line(row: RuleAlarm) -> TodayLine:
    """Returns what a rule does today in words, with the range that its history leaves open."""
    alarm, state = row.alarm, str(ALARMS[row.alarm.state])
    words = share_words(row.hits, row.judged)
    if not isnan(alarm.low):
        span = gettext("%(low)s to %(high)s before") % {"low": percent(alarm.low), "high": percent(alarm.high)}
        words = f"{words}, {span}"
    return TodayLine(words, state, alarm.state in {AlarmState.HIGH, AlarmState.LOW})


def day_lines(report: HitsReport, rule: str) -> list[DayLine]:
    """Returns a rule's days, the newest first, without those on which neither version judged anything."""
    row = next((one for one in report.rules if one.rule == rule), None)
    if row is None:
        return []
    days = zip(report.days, row.hits, report.judged, row.hits_before, report.judged_before, strict=True)
    return [DayLine(*one) for one in reversed(list(days)) if one[2] or one[4]]
