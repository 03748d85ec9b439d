"""Lanes: how many are served at a time, who comes next, and which requests wait for scores."""

from __future__ import annotations

import pytest

from config.server.lanes import CALLER_SECONDS, Lane, caller_lane, long_body_threads, scoring_threads, waits_for_scores


def test_a_lane_serves_so_many_in_the_order_in_which_they_came() -> None:
    lane = Lane[str](2, 60)
    for name in "abc":
        lane.add(name)
    assert [lane.next(), lane.next(), lane.next()] == ["a", "b", None]
    del lane.served["b"]
    assert (lane.next(), lane.next(), lane.waiting) == ("c", None, {})


def test_a_caller_is_served_one_at_a_time_and_a_second_beside_one_that_takes_long() -> None:
    lane: Lane[str] = caller_lane(b"key", 60)
    for name in "abc":
        lane.add(name)
    assert (lane.next(), lane.next()) == ("a", None)
    lane.served["a"] -= CALLER_SECONDS
    assert (lane.next(), lane.next()) == ("b", None)
    lane.served["b"] -= CALLER_SECONDS
    assert lane.next() is None
    del lane.served["a"], lane.served["b"]
    assert (lane.next(), lane.is_empty) == ("c", False)


def test_those_whose_time_is_over_leave_the_line_once() -> None:
    lane = Lane[str](1, 60)
    lane.add("a")
    until = lane.waiting["a"]
    assert lane.over(until) == []
    assert (lane.over(until + 1), lane.over(until + 1), lane.next()) == (["a"], [], None)


@pytest.mark.parametrize("threads", [5, 16, 80, 200, 10_000])
def test_a_fifth_of_the_threads_waits_for_no_scores(threads: int) -> None:
    assert scoring_threads(threads) + long_body_threads(threads) == threads * 4 // 5


@pytest.mark.parametrize(
    ("line", "waits"),
    [
        ("POST /v1alpha1/comments:analyze?key=k HTTP/1.1", True),
        ("POST /v1alpha1/comments%3Aanalyze HTTP/1.1", True),
        ("POST /batch HTTP/1.1", True),
        ("POST /api/v1/analyze/ HTTP/1.1", True),
        ("POST /api/v1/comments/?wait=score HTTP/1.1", True),
        ("POST /api/v1/comments/?a=1&wait=score&b=2 HTTP/1.1", True),
        ("POST /api/v1/comments/ HTTP/1.1", False),
        ("POST /api/v1/comments/?wait=scores HTTP/1.1", False),
        ("POST /v1alpha1/comments:suggestscore HTTP/1.1", False),
        ("GET /batch HTTP/1.1", False),
        ("POST /batches HTTP/1.1", False),
        ("GET /healthz HTTP/1.1", False),
    ],
)
def test_what_waits_for_scores_is_told_by_the_first_line(line: str, waits: bool) -> None:
    assert waits_for_scores(line.encode()) is waits
