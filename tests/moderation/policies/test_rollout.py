"""A candidate's share, and the bound of the brake."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from moderation.policies.rollout import brake_due, in_share

VERSIONS, COMMENTS = st.integers(1, 10_000), st.integers(1, 2**62)


def share(version: int, comments: Iterable[int], percent: int) -> set[int]:
    return {comment for comment in comments if in_share(version=version, comment=comment, percent=percent)}


@given(VERSIONS, st.sets(COMMENTS, max_size=200), st.integers(0, 100), st.integers(0, 100))
def test_a_larger_share_only_adds(version: int, comments: set[int], one: int, other: int) -> None:
    small, large = sorted((one, other))
    assert share(version, comments, small) <= share(version, comments, large)


@given(VERSIONS, st.sets(COMMENTS, max_size=200))
def test_growing_from_ten_to_thirty_percent_only_adds(version: int, comments: set[int]) -> None:
    assert share(version, comments, 10) <= share(version, comments, 30)


@given(VERSIONS, COMMENTS)
def test_nothing_is_in_no_share_and_all_in_the_whole(version: int, comment: int) -> None:
    assert not in_share(version=version, comment=comment, percent=0)
    assert in_share(version=version, comment=comment, percent=100)


def test_shares_are_as_large_as_said_and_differ_by_version() -> None:
    shares = [share(version, range(20_000), 10) for version in (3, 4)]
    # Four standard deviations of a binomial share of a tenth, and of the tenth of it that both versions have.
    assert all(abs(len(one) - 2_000) < 170 for one in shares)
    assert abs(len(shares[0] & shares[1]) - 200) < 57


def test_the_brake_takes_more_than_two_comments_and_more_than_a_twentieth() -> None:
    assert not brake_due(judged=2, automatic=2)
    assert brake_due(judged=3, automatic=3)
    assert brake_due(judged=59, automatic=3)
    assert not brake_due(judged=60, automatic=3)
    assert not brake_due(judged=1_000, automatic=50)
    assert brake_due(judged=1_000, automatic=51)
