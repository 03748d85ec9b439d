"""Labelled texts are read whatever their file calls its columns, and what is of no use is counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.evaluation.samples import (
    LabelColumns,
    Labelled,
    LabelOptions,
    LabelReading,
    label_columns,
    labelled_read,
)
from moderation.services.errors import ServiceError

USUAL = LabelOptions()


def read(path: Path, options: LabelOptions = USUAL) -> tuple[list[Labelled], LabelReading]:
    reading = LabelReading()
    return list(labelled_read(path=path, reading=reading, options=options, progress=lambda _: None)), reading


def test_columns_are_found_by_jigsaw_s_names_ours_and_perspective_s() -> None:
    names = ["id", "comment_text", "toxic", "identity_hate", "obscene", "TOXICITY@5", "TOXICITY@6", "OBSCENE", "set"]
    assert label_columns(names=names, options=USUAL) == LabelColumns(
        "comment_text",
        {"toxicity": "toxic", "identity_attack": "identity_hate", "obscene": "obscene"},
        {"TOXICITY": "TOXICITY@6"},
        "",
        "set",
    )


def test_a_small_name_is_people_s_and_a_capital_one_perspective_s() -> None:
    found = label_columns(names=["text", "toxicity", "THREAT", "perspective_insult"], options=USUAL)
    assert (found.labels, found.perspective) == (
        {"toxicity": "toxicity"},
        {"THREAT": "THREAT", "INSULT": "perspective_insult"},
    )


def test_columns_given_by_hand_hold_where_a_file_has_them() -> None:
    options = LabelOptions(text="words", group="origin", columns={"hateful": "gold", "INSULT": "api", "threat": "none"})
    found = label_columns(names=["words", "gold", "api", "origin"], options=options)
    assert found == LabelColumns("words", {"hateful": "gold"}, {"INSULT": "api"}, "", "origin")


def test_words_for_yes_and_no_are_read_and_unlabelled_rows_are_not(tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_text(
        "Text,toxicity,threat\nA,BAD,1\nB,NOT_BAD,-1\nC,0.25,\nD,perhaps,\n,1,1\nE,1.5,0\n", encoding="utf-8"
    )
    samples, reading = read(path)
    assert [one.labels for one in samples] == [
        {"toxicity": 1.0, "threat": 1.0},
        {"toxicity": 0.0},
        {"toxicity": 0.25},
        {"threat": 0.0},
    ]
    assert (reading.rows, reading.empty, reading.wrong_values) == (6, 2, 2)


def test_spans_are_characters_or_pairs_or_pairs_with_a_share(tmp_path: Path) -> None:
    spans = ["[1, 2]", [[1, 3]], [[0, 2, 0.4], [2, 4, 0.9]], [], None, "[1, oops]"]
    path = tmp_path / "spans.jsonl"
    path.write_text("\n".join(json.dumps({"text": "abcde", "spans": one}) for one in spans), encoding="utf-8")
    samples, reading = read(path)
    assert [one.marked for one in samples] == [{1, 2}, {1, 2}, {2, 3}, frozenset()]
    assert (reading.empty, reading.wrong_values) == (2, 1)


def test_a_tsv_without_quoting_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "room.tsv"
    path.write_text('author\ttext\nEd\tI "said so\nAda\tFine\n', encoding="utf-8")
    samples, _ = read(path, LabelOptions(quotes=False, unlabelled=True))
    assert [one.text for one in samples] == ['I "said so', "Fine"]
    with pytest.raises(ServiceError, match="--column"):
        read(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"text,toxic\n\xff\xfe,1\n", "cannot be read after 0 rows: UnicodeDecodeError"),
        ("a.jsonl", b'{"text": "x", "toxic": 1}\n{"text"\n', "after 1 rows: JSONDecodeError"),
        ("a.jsonl", b"[1]\n", "after 0 rows: ValueError"),
        ("a.csv", b"words,toxic\nhi,1\n", "--text"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ServiceError, match=message):
        read(tmp_path / name)


@given(st.binary(max_size=200), st.sampled_from(["a.csv", "a.tsv", "a.jsonl"]))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str) -> None:
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(b'text,toxic\n"' + content)
    try:
        samples, reading = read(path)
    except ServiceError:
        return
    assert len(samples) <= reading.rows


def test_objects_need_not_all_have_the_same_names(tmp_path: Path) -> None:
    rows = [{"text": "a"}, {"text": "b", "toxicity": 1}, {"text": "c", "perspective_threat": 0.5}]
    path = tmp_path / "mixed.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    samples, reading = read(path)
    assert [(one.labels, one.perspective) for one in samples] == [({"toxicity": 1.0}, {}), ({}, {"THREAT": 0.5})]
    assert reading.empty == 1
    path.write_text('{"text": "a"}\n', encoding="utf-8")
    with pytest.raises(ServiceError, match="--column"):
        read(path)
