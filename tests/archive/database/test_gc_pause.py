"""The search for garbage is held back while an import works, and only then."""

import gc

import pytest

from archive.database.gc_pause import gc_threshold_raised


def test_the_threshold_is_higher_inside_and_as_it_was_afterwards() -> None:
    before = gc.get_threshold()
    with gc_threshold_raised():
        assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold() == before


def test_the_threshold_is_as_it_was_after_an_interrupt() -> None:
    before = gc.get_threshold()
    with pytest.raises(KeyboardInterrupt), gc_threshold_raised():
        raise KeyboardInterrupt
    assert gc.get_threshold() == before
