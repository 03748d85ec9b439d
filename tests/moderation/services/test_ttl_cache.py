"""Answers that are kept for a moment, and forgotten in time."""

from functools import partial
from itertools import count

import pytest

from moderation.services.ttl_cache import TTLCache


def never() -> str:
    raise AssertionError("this was not to be asked")


def test_an_answer_is_asked_for_anew_when_half_of_its_time_is_over() -> None:
    now, reads = [0.0], count(1)
    remembered = TTLCache[str, int](seconds=2, clock=lambda: now[0])
    found = []
    for moment in (0.0, 0.9, 1.0, 1.9, 2.1, 9.0):
        now[0] = moment
        found.append(remembered.get("a", lambda: next(reads)))
    assert found == [1, 1, 2, 2, 3, 4]


def test_while_one_asks_anew_the_others_have_the_old_answer_until_its_time_is_over() -> None:
    now = [0.0]
    remembered = TTLCache[str, str](seconds=2, clock=lambda: now[0])
    remembered.get("a", lambda: "old")
    now[0] = 1.5

    def slow() -> str:
        assert remembered.get("a", never) == "old"
        now[0] = 2.0
        assert remembered.get("a", lambda: "newer") == "newer"
        return "new"

    assert remembered.get("a", slow) == "new"


def test_an_answer_is_as_old_as_its_question() -> None:
    now = [0.0]
    remembered = TTLCache[str, str](seconds=2, clock=lambda: now[0])

    def slow() -> str:
        now[0] = 2.5
        return "old"

    assert remembered.get("a", slow) == "old"
    assert remembered.get("a", lambda: "new") == "new"


def test_who_fails_to_ask_leaves_the_old_answer_to_the_others_and_the_question_to_the_next() -> None:
    now = [0.0]
    remembered = TTLCache[str, str](seconds=2, clock=lambda: now[0])
    remembered.get("a", lambda: "old")
    now[0] = 1.5
    with pytest.raises(AssertionError):
        remembered.get("a", never)
    assert remembered.get("a", lambda: "new") == "new"


def test_names_have_answers_of_their_own() -> None:
    remembered = TTLCache[str, int](seconds=2)
    assert [remembered.get(name, partial(len, name)) for name in ("a", "bcd")] == [1, 3]


def test_no_answer_is_not_kept() -> None:
    answers = iter([None, 7, 8])
    remembered = TTLCache[str, int | None](seconds=2, clock=lambda: 0.0)
    assert [remembered.get("a", lambda: next(answers)) for _ in range(3)] == [None, 7, 7]


def test_what_is_forgotten_while_it_is_asked_for_is_not_kept() -> None:
    remembered = TTLCache[str, str](seconds=2, clock=lambda: 0.0)

    def read() -> str:
        remembered.forget()
        return "old"

    assert remembered.get("a", read) == "old"
    assert remembered.get("a", lambda: "new") == "new"


def test_it_never_holds_more_than_it_may() -> None:
    reads = count(1)
    remembered = TTLCache[int, int](seconds=2, most=2, clock=lambda: 0.0)
    assert [remembered.get(name, lambda: next(reads)) for name in (1, 2, 3, 1, 3)] == [1, 2, 3, 4, 3]
