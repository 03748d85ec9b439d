"""Marks of two on the same text are halved where they differ and kept where they agree."""

from __future__ import annotations

from moderation.training.span_annotations import mean_annotations, runs


def test_runs_are_of_equal_shares_above_nothing() -> None:
    assert list(runs([0.0, 0.5, 0.5, 1.0, 0.0, 1.0])) == [(1, 3, 0.5), (3, 4, 1.0), (5, 6, 1.0)]


def test_the_mean_of_two_s_marks_goes_by_characters() -> None:
    assert mean_annotations(((0, 8, 1.0),), ((4, 8, 0.5), (6, 10, 0.5))) == ((0, 4, 0.5), (4, 8, 0.75), (8, 10, 0.25))


def test_marks_of_one_alone_count_for_half() -> None:
    assert mean_annotations((), ((1, 3, 0.5),)) == ((1, 3, 0.25),)
    assert mean_annotations((), ()) == ()
