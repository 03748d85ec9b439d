"""What teachers said is read as it was written, to a twentieth of a logit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from moderation.training.examples import OUTPUTS, Example, TrainingError
from moderation.training.network.batches import SoftLabelled
from moderation.training.teachers.soft_labels import read_soft_labels, write_soft_labels

EXAMPLES = [Example(f"Text {n}", "civil") for n in range(200)]


def test_shares_come_back_within_what_a_byte_can_say(tmp_path: Path) -> None:
    soft = np.random.default_rng(3).uniform(0.002, 0.998, (200, len(OUTPUTS))).astype(np.float32)
    soft[5], soft[:, 3] = np.nan, 0.0
    write_soft_labels(tmp_path / "taught.npz", SoftLabelled(EXAMPLES, soft, 0.5, [((0, 4, 0.25),), None] * 100))
    found = read_soft_labels(tmp_path / "taught.npz", EXAMPLES)
    assert np.nanmax(np.abs(found.soft - soft)) < 0.0071
    assert np.array_equal(np.isnan(found.soft), np.isnan(soft))
    assert (found.weight, list(found.words[:2])) == (0.5, [((0, 4, 0.25),), None])


def test_nobody_asked_for_words_stays_nobody(tmp_path: Path) -> None:
    write_soft_labels(
        tmp_path / "taught.npz", SoftLabelled(EXAMPLES, np.full((200, len(OUTPUTS)), 0.5, dtype=np.float32), 1.0)
    )
    assert not read_soft_labels(tmp_path / "taught.npz", EXAMPLES).words


def test_it_is_found_by_the_text_and_own_sentences_may_be_new(tmp_path: Path) -> None:
    soft = np.repeat(np.linspace(0.1, 0.9, 200, dtype=np.float32)[:, None], len(OUTPUTS), axis=1)
    words = [((0, n + 1, 0.5),) for n in range(200)]
    write_soft_labels(tmp_path / "taught.npz", SoftLabelled(EXAMPLES, soft, 1.0, words))
    found = read_soft_labels(tmp_path / "taught.npz", [EXAMPLES[7], Example("New", "own"), EXAMPLES[3]])
    assert found.soft[[0, 2], 0] == pytest.approx([soft[7, 0], soft[3, 0]], abs=0.01)
    assert np.isnan(found.soft[1]).all()
    assert list(found.words) == [((0, 8, 0.5),), None, ((0, 4, 0.5),)]


def test_a_text_that_teachers_were_never_asked_about_is_told(tmp_path: Path) -> None:
    write_soft_labels(
        tmp_path / "taught.npz", SoftLabelled(EXAMPLES, np.full((200, len(OUTPUTS)), 0.5, dtype=np.float32), 1.0)
    )
    with pytest.raises(TrainingError, match="about other texts: it lacks 1 of 200"):
        read_soft_labels(tmp_path / "taught.npz", [*EXAMPLES[1:], Example("New", "civil")])


def test_a_file_that_is_none_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no archive")
    (tmp_path / "cut.npz").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "empty.npz").touch()
    for name in ("text.npz", "cut.npz", "empty.npz", "missing.npz"):
        with pytest.raises(TrainingError, match=f"{name} holds nothing that teachers said"):
            read_soft_labels(tmp_path / name, EXAMPLES)
