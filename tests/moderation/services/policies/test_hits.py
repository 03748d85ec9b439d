"""Hits a rule a day beside the version before, alarms against a rule's own history, samples."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from moderation.models import PolicyVersion, ShadowVerdict
from moderation.services.policies.hits import rule_alarms, rule_hits, rule_samples
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.rollout.stages import policy_shadow
from moderation.services.policies.versions import policy_get

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]
DAY = date(2026, 11, 30)


def at(day: date) -> datetime:
    return datetime.combine(day, time(23, 59), UTC)


@pytest.fixture
def past(arrive: Make) -> Make:
    """Comments of a day come and are judged: `past(day, 0.9, 0.1)`."""

    def make(day: date, *toxicity: float) -> None:
        arrive(*toxicity, created_at=at(day))

    return make


def test_hits_are_counted_by_rule_and_day_beside_the_version_before(write_policy: Make, past: Make) -> None:
    policy_activate(version=write_policy(("q", "queue", 0.8), ("old", "hold", 0.7)), actor=None)
    past(DAY - timedelta(days=2), 0.9, 0.75, 0.1)
    second = policy_activate(version=write_policy(("q", "queue", 0.8), ("new", "hold", 0.5)), actor=None)
    past(DAY - timedelta(days=1), 0.9, 0.9, 0.6, 0.1)
    past(DAY, 0.9)
    past(DAY - timedelta(days=3), 0.9)
    report = rule_hits(version=second, until=DAY, days=3)
    assert (report.version, report.before, report.days) == (3, 2, tuple(DAY - timedelta(days=n) for n in (2, 1, 0)))
    assert (report.judged, report.judged_before) == ((0, 4, 1), (3, 0, 0))
    rows = {row.rule: (row.hits, row.hits_before) for row in report.rules}
    assert rows == {
        "q": ((0, 2, 1), (1, 0, 0)),
        "new": ((0, 1, 0), (0, 0, 0)),
        "old": ((0, 0, 0), (1, 0, 0)),
        "": ((0, 1, 0), (1, 0, 0)),
    }
    assert [row.rule for row in report.rules] == ["q", "new", "old", ""]


def test_a_candidate_stands_beside_the_active_version_on_the_same_comments(write_policy: Make, arrive: Make) -> None:
    policy_activate(version=write_policy(("q", "queue", 0.8)), actor=None)
    version = policy_shadow(version=write_policy(("r", "reject", 0.5)), actor=None)
    arrive(0.9, 0.6, 0.1)
    report = rule_hits(version=version, until=timezone.now().date(), days=1)
    assert (report.before, report.judged, report.judged_before) == (2, (3,), (3,))
    assert {row.rule: (row.hits, row.hits_before) for row in report.rules} == {
        "r": ((2,), (0,)),
        "q": ((0,), (1,)),
        "": ((1,), (2,)),
    }


def test_hits_and_alarms_take_a_few_queries_whatever_there_is(
    write_policy: Make, past: Make, django_assert_num_queries: Any
) -> None:
    version = policy_activate(version=write_policy(*((f"r{n}", "queue", n / 20) for n in range(19, 0, -1))), actor=None)
    past(DAY, *(n / 40 for n in range(40)))
    with django_assert_num_queries(2):
        rule_hits(version=version, until=DAY)
    with django_assert_num_queries(2):
        rule_alarms(version=version, day=DAY)


def test_a_rule_that_leaves_its_own_history_is_told_and_one_without_history_is_no_alarm(
    write_policy: Make, past: Make
) -> None:
    policy_activate(version=write_policy(("q", "queue", 0.8), ("s", "hold", 0.5)), actor=None)
    for back in range(1, 9):
        past(DAY - timedelta(days=back), 0.9, 0.9, 0.6, *[0.1] * 37)
    # The same rule in another version keeps its history; one that is written otherwise has none.
    second = policy_activate(version=write_policy(("q", "queue", 0.8), ("s", "hold", 0.4)), actor=None)
    past(DAY, *[0.9] * 20, 0.6, *[0.1] * 19)
    alarms = {row.rule: row for row in rule_alarms(version=second, day=DAY)}
    assert (alarms["q"].alarm.state, alarms["q"].hits, alarms["q"].judged) == ("high", 20, 40)
    assert alarms["q"].alarm.low < 2 / 40 < alarms["q"].alarm.high
    assert alarms["s"].alarm.state == "not_enough"
    calm = rule_alarms(version=policy_get(version=2), day=DAY - timedelta(days=1))
    assert {row.rule: row.alarm.state for row in calm} == {"q": "usual", "s": "usual"}


def test_samples_are_the_newest_comments_that_a_rule_decided(
    write_policy: Make, arrive: Make, django_assert_num_queries: Any
) -> None:
    version = policy_activate(version=write_policy(("q", "queue", 0.8)), actor=None)
    reviews = arrive(*[0.9] * 5, *[0.1] * 5)
    with django_assert_num_queries(2):
        found = list(rule_samples(version=version, rule="q", limit=3))
        assert {(one.article.title, one.comment.text[:6]) for one in found} == {("A second battery", "Remark")}
    assert [one.pk for one in found] == [one.pk for one in reversed(reviews[2:5])]
    assert [one.pk for one in rule_samples(version=version, rule="")] == [one.pk for one in reversed(reviews[5:])]
    shadow = policy_shadow(version=write_policy(("r", "reject", 0.95), ("p", "hold", 0.5)), actor=None)
    (new,) = arrive(0.9)
    assert [one.pk for one in rule_samples(version=shadow, rule="p")] == [new.pk]
    assert ShadowVerdict.objects.count() == 1


def test_a_version_without_one_before_has_none_beside_it() -> None:
    report = rule_hits(version=PolicyVersion.objects.get(version=1), until=DAY, days=2)
    assert (report.before, report.judged, report.judged_before) == (None, (0, 0), (0, 0))
