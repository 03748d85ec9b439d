"""Texts from a file: CSV, JSON lines, or one text a line."""

from pathlib import Path

import pytest
from django.core.management import CommandError

from moderation.benchmarks.scoring_texts import comment_make, texts_make
from moderation.management.texts import texts_read
from moderation.scoring import Scorer


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("texts.csv", 'id,text\n1,"One, with\na second line."\n2,Two.\n3,\n'),
        ("texts.jsonl", '{"body": "One, with\\na second line."}\n\n{"body": "Two."}\n{"body": null}\n'),
    ],
)
def test_the_column_of_texts_is_found(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert texts_read(path) == ["One, with\na second line.", "Two."]


def test_any_other_file_is_one_text_a_line(tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("One.\n\nTwo, ein Größeres.\n", encoding="utf-8")
    assert texts_read(path) == ["One.", "Two, ein Größeres."]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("texts.csv", b"id,words\n1,One\n"),
        ("texts.csv", b""),
        ("texts.jsonl", b'{"text": '),
        ("texts.jsonl", b'{"words": "One"}\n'),
        ("texts.txt", b"\xff\xfe"),
        ("texts.txt", b"\n\n"),
    ],
)
def test_what_holds_no_texts_is_refused_by_its_name(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CommandError, match=r"--texts .*texts"):
        texts_read(path)


def test_seeded_comments_are_the_same_each_time_and_48_tokens_on_average(scorer: Scorer) -> None:
    texts = texts_make(2_000)
    assert texts == texts_make(2_000) != texts_make(2_000, seed=1)
    assert len(set(texts)) == 2_000
    tokens, _ = scorer.load()
    lengths = [len(tokens.enclose(ids)) for ids in tokens.encode(texts)]
    assert sum(lengths) / len(lengths) == pytest.approx(48, abs=2)
    assert max(lengths) > 250
    assert len(comment_make(50).split()) == 50
