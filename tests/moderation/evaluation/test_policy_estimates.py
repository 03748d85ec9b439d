"""The simulations in small: the whole ones run by `python -m moderation.evaluation.policy_estimates`."""

import numpy as np
import pytest

from moderation.evaluation.policy_estimates.__main__ import main
from moderation.evaluation.policy_estimates.coverage import Cells, Plan, coverage_simulate
from moderation.evaluation.policy_estimates.draws import draws_simulate
from moderation.evaluation.policy_estimates.promises import guarantee_simulate, model_change_simulate


@pytest.fixture(scope="module", params=[False, True], ids=["uniform", "by-strata"])
def cells(request: pytest.FixtureRequest) -> Cells:
    return coverage_simulate(Plan(runs=24, bootstraps=3, truth_comments=500_000, by_strata=request.param))


def test_the_intervals_hold_the_truth_and_are_hardly_wider_than_a_bootstraps(cells: Cells) -> None:
    for name in ("precision", "recall", "missed_share"):
        cell = cells["all", name]
        assert cell.covered.mean() >= 0.85
        assert np.median(cell.ratios) <= 1.3
    shown = np.concatenate([cell.covered[cell.shown] for cell in cells.values()])
    assert shown.mean() >= 0.92


def test_the_unweighted_intervals_do_not(cells: Cells) -> None:
    assert np.mean(cells["all", "recall"].unweighted) < 0.1
    assert np.mean(cells["all", "precision"].unweighted) < 0.1


def test_small_sources_say_that_there_is_not_enough_data(cells: Cells) -> None:
    assert cells["source 6", "recall"].shown.mean() < 0.05


def test_by_strata_the_missed_share_is_half_as_wide_at_the_same_budget() -> None:
    found = draws_simulate(runs=24, comments=50_000)
    assert found.ratio <= 0.55
    assert found.stratified_drawn == pytest.approx(found.uniform_drawn, rel=0.03)
    assert found.stratified_covered >= 0.85


def test_a_guarantee_is_given_and_seldom_broken() -> None:
    found = guarantee_simulate(runs=5)
    assert found.given >= 4
    assert found.share_broken <= found.allowed


def test_a_goal_outlives_a_change_of_model_and_a_number_does_not() -> None:
    found = model_change_simulate(runs=5)
    assert found.goal_kept >= 0.8
    assert found.fixed_kept <= 0.2


def test_the_command_prints_every_part(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--runs", "1"])
    shown = capsys.readouterr().out
    for title in ("drawn by chance", "drawn by strata", "The audit draw", "Guarantee", "A change of model"):
        assert title in shown
