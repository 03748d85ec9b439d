"""Thresholds from goals and guarantees."""

import numpy as np
import pytest

from moderation.estimates.equivalence import threshold_of_equal_share
from moderation.estimates.goals import Answer, goal_solve
from moderation.estimates.guarantee import guarantee_threshold
from moderation.estimates.measures import measures
from moderation.estimates.outcomes import tables_by_group
from moderation.estimates.rows import Floats, Rows
from moderation.estimates.tables import tables_by_threshold


def archive(count: int, *, share: float = 0.2, seed: int = 1) -> tuple[Rows, Floats]:
    """Comments whose score is the chance that a person rejects them; `share` of those below 0.5 was looked at."""
    random = np.random.default_rng(seed)
    scores = random.beta(0.4, 2.0, count)
    chances = np.where(scores >= 0.5, 1.0, share)
    reviewed = random.random(count) < chances
    return Rows(np.zeros(count, bool), reviewed, random.random(count) < scores, chances), scores


def solved(rows: Rows, scores: Floats, goal: str) -> Answer:
    direction, metric, _, bounded, relation, bound = goal.split()
    words = {"direction": direction, "metric": metric, "bound_metric": bounded, "relation": relation}
    return goal_solve(rows, scores=scores, days=10, bound=float(bound), **words)


def test_tables_by_threshold_are_those_of_matching_at_each() -> None:
    rows, scores = archive(3000)
    thresholds = np.array([0.1, 0.3, 0.5, 0.9])
    many = measures(tables_by_threshold(rows, scores=scores, thresholds=thresholds), days=3)
    for at, threshold in enumerate(thresholds):
        one = Rows(scores >= threshold, rows.reviewed, rows.harmful, rows.probability)
        for name, column in measures(tables_by_group(one), days=3).items():
            assert vars_of(many[name], at) == pytest.approx(vars_of(column, 0)), name


def vars_of(column: object, at: int) -> list[float]:
    return [float(getattr(column, name)[at]) for name in ("value", "low", "high", "effective")]


def test_a_score_of_exactly_the_threshold_matches() -> None:
    ones = np.ones(1, bool)
    rows = Rows(ones, ones, ones, np.ones(1))
    assert tables_by_threshold(rows, scores=np.array([1.0]), thresholds=np.array([0.5, 1.0])).matched.tolist() == [1, 1]


def test_a_goal_is_met_by_the_lower_bound_and_no_lower_threshold_has_it() -> None:
    rows, scores = archive(60_000)
    found = solved(rows, scores, "maximum recall @ precision >= 0.8")
    assert found.threshold is not None
    assert found.estimates["precision"].low >= 0.8
    lower = np.array([found.threshold - 0.02])
    below = measures(tables_by_threshold(rows, scores=scores, thresholds=lower), days=10)["precision"]
    assert below.low[0] < 0.8


def test_a_goal_may_bound_the_queue() -> None:
    rows, scores = archive(60_000)
    found = solved(rows, scores, "maximum recall @ queue_per_day <= 300")
    assert found.threshold is not None
    assert 250 < found.estimates["queue_per_day"].value < found.estimates["queue_per_day"].high <= 300


def test_without_enough_decisions_a_goal_has_no_threshold_but_says_how_many_more() -> None:
    rows, scores = archive(600)
    found = solved(rows, scores, "maximum recall @ precision >= 0.6")
    assert found.threshold is None
    assert found.more is not None
    assert found.decisions == int(rows.reviewed.sum())
    # With that many decisions, and half as many again for luck, there is an answer.
    more, more_scores = archive(int(600 * (1 + 1.5 * found.more / found.decisions)), seed=2)
    assert solved(more, more_scores, "maximum recall @ precision >= 0.6").threshold is not None


def test_a_goal_out_of_reach_says_that_more_decisions_do_not_help() -> None:
    rows, scores = archive(30_000)
    shuffled = np.random.default_rng(3).permutation(scores)
    found = solved(Rows(rows.matched, np.ones(30_000, bool), rows.harmful, np.ones(30_000)), shuffled, GOAL)
    assert (found.threshold, found.more) == (None, None)


GOAL = "maximum recall @ precision >= 0.95"


def test_an_archive_without_a_row_has_no_answer() -> None:
    none = np.zeros(0, bool)
    found = solved(Rows(none, none, none, np.zeros(0)), np.zeros(0), GOAL)
    assert (found.threshold, found.decisions) == (None, 0)


def test_unknown_words_of_a_goal_are_named() -> None:
    rows, scores = archive(10)
    with pytest.raises(ValueError, match="accuracy"):
        solved(rows, scores, "maximum accuracy @ precision >= 0.9")


def test_a_guarantee_is_kept_and_sharper_the_more_was_decided() -> None:
    thresholds = np.arange(1, 100) / 100
    found = []
    for count in (20_000, 200_000):
        rows, scores = archive(count, share=0.5)
        promised = guarantee_threshold(rows, scores=scores, thresholds=thresholds, target=0.05)
        assert promised.threshold is not None
        assert promised.upper <= 0.05 + 1e-9
        assert (scores[rows.harmful] < promised.threshold).mean() < 0.05
        found.append(promised.threshold)
    assert found[0] < found[1]


def test_twenty_harmful_comments_support_no_guarantee_and_it_says_how_many_do() -> None:
    ones = np.ones(20, bool)
    rows, scores, thresholds = Rows(ones, ones, ones, np.ones(20)), np.full(20, 0.9), np.array([0.5])
    found = guarantee_threshold(rows, scores=scores, thresholds=thresholds, target=0.05)
    assert (found.threshold, found.harmful) == (None, 20)
    # None missed of 59 refutes 5 % at 0.05 exactly; a mixture of stakes takes a few more.
    assert found.more is not None
    assert 39 <= found.more <= 80
    enough = np.ones(20 + found.more, bool)
    rows = Rows(enough, enough, enough, np.ones(len(enough)))
    scores = np.full(len(enough), 0.9)
    assert guarantee_threshold(rows, scores=scores, thresholds=thresholds, target=0.05).threshold == 0.5


def test_no_decision_guarantees_nothing() -> None:
    none = np.zeros(0, bool)
    found = guarantee_threshold(
        Rows(none, none, none, np.zeros(0)), scores=np.zeros(0), thresholds=np.array([0.5]), target=0.05
    )
    assert (found.threshold, found.upper, found.more) == (None, 1.0, None)


def test_the_threshold_that_equals_anothers_flags_as_many() -> None:
    theirs = np.random.default_rng(1).random(500)
    ours = theirs**2
    found = threshold_of_equal_share(ours, theirs, 0.7)
    assert found is not None
    assert (ours >= found).sum() == (theirs >= 0.7).sum()
    assert threshold_of_equal_share(ours, theirs, 1.1) is None
