"""The audit's shares keep the budget; alarms tell a change from chance, and both from ignorance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.estimates.alarms import AlarmState, rule_alarm
from moderation.estimates.audit import audit_shares

STRATA = st.lists(st.tuples(st.integers(1, 100_000), st.floats(0, 1)), min_size=1, max_size=12)


@given(strata=STRATA, share=st.floats(0.001, 0.9), part=st.floats(0, 1))
def test_the_shares_keep_the_budget_and_the_floor(strata: list[tuple[int, float]], share: float, part: float) -> None:
    counts, expected = (np.array(column, float) for column in zip(*strata, strict=True))
    found = audit_shares(counts, expected, share=share, floor=part * share)
    assert (counts * found).sum() == pytest.approx(share * counts.sum(), rel=1e-6)
    assert found.min() >= part * share
    assert found.max() <= 1


def test_a_stratum_is_drawn_by_its_deviation() -> None:
    found = audit_shares(np.array([1000.0, 1000.0]), np.array([0.01, 0.5]), share=0.1, floor=0.0)
    assert found[1] / found[0] == pytest.approx(0.5 / np.sqrt(0.01 * 0.99), rel=1e-4)


def test_an_archive_without_rows_is_drawn_uniformly() -> None:
    assert audit_shares(np.zeros(3), np.zeros(3), share=0.01, floor=0.0).tolist() == [0.01] * 3


def test_a_floor_above_the_share_is_refused() -> None:
    with pytest.raises(ValueError, match="floor"):
        audit_shares(np.ones(2), np.zeros(2), share=0.01, floor=0.02)


DAYS = np.full(30, 1000)


@pytest.mark.parametrize(
    ("hits", "state"), [(50, AlarmState.USUAL), (62, AlarmState.USUAL), (110, AlarmState.HIGH), (10, AlarmState.LOW)]
)
def test_a_share_that_leaves_its_history_is_told(hits: int, state: AlarmState) -> None:
    past = np.random.default_rng(1).binomial(1000, 0.05, 30)
    assert rule_alarm(hits=hits, rows=1000, past_hits=past, past_rows=DAYS).state == state


@pytest.mark.parametrize(("rows", "days"), [(29, 30), (0, 30), (1000, 6), (1000, 0)])
def test_not_enough_data_is_a_state_of_its_own(rows: int, days: int) -> None:
    found = rule_alarm(hits=rows // 2, rows=rows, past_hits=np.full(days, 50), past_rows=np.full(days, 1000))
    assert found.state == AlarmState.NOT_ENOUGH


def test_what_was_long_ago_counts_less() -> None:
    past = np.concatenate([np.full(60, 20), np.full(30, 100)])
    found = rule_alarm(hits=100, rows=1000, past_hits=past, past_rows=np.full(90, 1000))
    assert found.state == AlarmState.USUAL
    assert found.low > 0.06


def test_days_that_differ_more_than_chance_raise_fewer_alarms() -> None:
    calm, restless = np.full(30, 50), np.tile([10, 90], 15)
    states = [rule_alarm(hits=85, rows=1000, past_hits=past, past_rows=DAYS).state for past in (calm, restless)]
    assert states[0] == AlarmState.HIGH
    assert rule_alarm(hits=85, rows=1000, past_hits=restless, past_rows=DAYS).high > 0.055


def test_a_rule_that_never_matched_raises_an_alarm_once_it_does() -> None:
    past = np.zeros(30, int)
    assert rule_alarm(hits=0, rows=1000, past_hits=past, past_rows=DAYS).state == AlarmState.USUAL
    assert rule_alarm(hits=30, rows=1000, past_hits=past, past_rows=DAYS).state == AlarmState.HIGH


def test_chance_alone_raises_few_alarms() -> None:
    random = np.random.default_rng(2)
    counts = random.binomial(1000, 0.05, (400, 31))
    states = [rule_alarm(hits=int(c[-1]), rows=1000, past_hits=c[:-1], past_rows=DAYS).state for c in counts]
    assert sum(state != AlarmState.USUAL for state in states) <= 2
