"""Texts from a file: a table, JSON lines, or one text a line."""

from pathlib import Path

import pytest

from moderation.evaluation.columns import TableForm, first_column, rows_read, texts_read
from moderation.services.errors import ServiceError


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


def test_quotes_are_text_in_a_tsv_and_objects_need_not_have_the_same_names(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text('Tweet\tid\nsay "hi\t1\n', encoding="utf-8")
    (tmp_path / "b.ndjson").write_text('\ufeff{"id": 1}\n{"id": 2, "text": "One."}\n', encoding="utf-8")
    assert texts_read(tmp_path / "a.tsv") == ['say "hi']
    assert texts_read(tmp_path / "b.ndjson") == ["One."]


def test_the_first_column_that_is_wanted_is_found_in_any_case() -> None:
    assert first_column(("text", "body"), ["Body", "TEXT", "text"]) == "TEXT"
    assert first_column(("text",), ["texts"]) == ""


def test_rows_are_read_with_the_bytes_that_they_take_and_without_nuls(tmp_path: Path) -> None:
    path, sizes = tmp_path / "rows.csv", []
    path.write_bytes('\ufefftext;n\r\n"two\nlines; one cell";1\r\na\0b\r\nc;2;3\r\n'.encode())
    rows = list(rows_read(path, form=TableForm(delimiter=";"), progress=sizes.append))
    assert rows == [{"text": "two\nlines; one cell", "n": "1"}, {"text": "ab", "n": None}, {"text": "c", "n": "2"}]
    assert sum(sizes) == path.stat().st_size


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
        ("texts.jsonl", b'["One"]\n'),
        ("texts.txt", b"\xff\xfe"),
        ("texts.txt", b"\n\n"),
    ],
)
def test_what_holds_no_texts_is_refused_by_its_name(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ServiceError, match=name):
        texts_read(path)
