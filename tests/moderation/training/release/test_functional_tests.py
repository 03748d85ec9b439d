"""Functional tests for hate: each sentence once, every group in both kinds, and none that a training has read."""

from __future__ import annotations

from moderation.training.data.cleaning import key_of, without_near
from moderation.training.data.own import own_examples
from moderation.training.examples import Example
from moderation.training.release.functional_tests import cases

HATEFUL, SENTENCES, FUNCTIONALITIES = 392, 647, 21


def test_every_sentence_stands_once_and_is_filled() -> None:
    found = list(cases())
    assert len({key_of(one.text) for one in found}) == len(found) == SENTENCES
    assert sum(one.hateful for one in found) == HATEFUL
    assert len({one.functionality for one in found}) == FUNCTIONALITIES
    assert not any(sign in one.text for one in found for sign in "{}")


def test_a_group_stands_in_as_many_sentences_as_every_other() -> None:
    targets = [(one.target, one.hateful) for one in cases() if one.target]
    assert {targets.count(pair) for pair in targets if pair[1]} == {56}
    assert {targets.count(pair) for pair in targets if not pair[1]} == {23}


def test_what_is_no_group_s_concern_is_harmless() -> None:
    assert {one.hateful for one in cases() if not one.target} == {0}


def test_no_own_sentence_that_trainings_read_is_among_them_or_nearly() -> None:
    found = [Example(one.text, "functional") for one in cases()]
    assert list(without_near(found, own_examples())) == found
