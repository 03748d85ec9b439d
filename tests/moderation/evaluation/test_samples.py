"""Texts with labels or scores are read whatever their file calls its columns, and what is of no use is counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.evaluation.columns import TableForm
from moderation.evaluation.samples import (
    Sample,
    SampleColumns,
    SampleOptions,
    SampleReport,
    files_read,
    sample_columns,
    samples_read,
)
from moderation.services.errors import ServiceError

USUAL = SampleOptions()


def read(path: Path, options: SampleOptions = USUAL) -> tuple[list[Sample], SampleReport]:
    report = SampleReport()
    return list(samples_read(path=path, report=report, options=options)), report


def test_columns_are_found_by_jigsaw_s_names_ours_and_perspective_s() -> None:
    names = ["id", "comment_text", "toxic", "identity_hate", "obscene", "TOXICITY@5", "TOXICITY@6", "OBSCENE", "set"]
    assert sample_columns(names=names, options=USUAL) == SampleColumns(
        "comment_text",
        {"toxicity": "toxic", "identity_attack": "identity_hate", "obscene": "obscene"},
        {"TOXICITY": "TOXICITY@6"},
        "",
        "set",
    )


def test_a_small_name_is_people_s_and_a_capital_one_perspective_s() -> None:
    found = sample_columns(names=["text", "toxicity", "THREAT", "perspective_insult"], options=USUAL)
    assert (found.labels, found.perspective) == (
        {"toxicity": "toxicity"},
        {"THREAT": "THREAT", "INSULT": "perspective_insult"},
    )


def test_columns_given_by_hand_hold_where_a_file_has_them() -> None:
    options = SampleOptions(
        text="words", group="origin", columns={"hateful": "gold", "INSULT": "api", "threat": "none"}
    )
    found = sample_columns(names=["words", "gold", "api", "origin"], options=options)
    assert found == SampleColumns("words", {"hateful": "gold"}, {"INSULT": "api"}, "", "origin")


def test_words_for_yes_and_no_are_read_and_unlabelled_rows_are_not(tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_text(
        "Text,toxicity,threat\nA,BAD,1\nB,NOT_BAD,-1\nC,0.25,\nD,perhaps,\n,1,1\nE,1.5,0\n", encoding="utf-8"
    )
    samples, report = read(path)
    assert [one.labels for one in samples] == [
        {"toxicity": 1.0, "threat": 1.0},
        {"toxicity": 0.0},
        {"toxicity": 0.25},
        {"threat": 0.0},
    ]
    assert (report.rows, report.empty, report.wrong_values) == (6, 2, 2)


def test_spans_are_characters_or_pairs_or_pairs_with_a_share(tmp_path: Path) -> None:
    spans = ["[1, 2]", [[1, 3]], [[0, 2, 0.4], [2, 4, 0.9]], [], None, "[1, oops]"]
    path = tmp_path / "spans.jsonl"
    path.write_text("\n".join(json.dumps({"text": "abcde", "spans": one}) for one in spans), encoding="utf-8")
    samples, report = read(path)
    assert [one.marked for one in samples] == [{1, 2}, {1, 2}, {2, 3}, frozenset()]
    assert (report.empty, report.wrong_values) == (2, 1)


def test_a_tsv_without_quoting_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "room.tsv"
    path.write_text('author\ttext\nEd\tI "said so\nAda\tFine\n', encoding="utf-8")
    samples, _ = read(path, SampleOptions(form=TableForm(quotes=False), unlabelled=True))
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
        samples, report = read(path)
    except ServiceError:
        return
    assert len(samples) <= report.rows


def test_objects_need_not_all_have_the_same_names(tmp_path: Path) -> None:
    rows = [{"text": "a"}, {"text": "b", "toxicity": 1}, {"text": "c", "perspective_threat": 0.5}]
    path = tmp_path / "mixed.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    samples, report = read(path)
    assert [(one.labels, one.perspective) for one in samples] == [({"toxicity": 1.0}, {}), ({}, {"THREAT": 0.5})]
    assert report.empty == 1
    path.write_text('{"text": "a"}\n', encoding="utf-8")
    with pytest.raises(ServiceError, match="--column"):
        read(path)


ALONE = SampleOptions(perspective_alone=True)


def test_in_a_file_of_perspective_s_scores_alone_an_attribute_has_its_name_in_any_case() -> None:
    names = ["id", "Comment_Text", "TOXICITY@6", "TOXICITY@5", "insult_score", "perspective_threat", "OBSCENE", "set"]
    assert sample_columns(names=names, options=ALONE) == SampleColumns(
        "Comment_Text", {}, {"TOXICITY": "TOXICITY@6", "INSULT": "insult_score", "THREAT": "perspective_threat"}
    )


def test_a_score_s_column_given_by_hand_holds_where_a_file_has_it() -> None:
    by_hand = SampleOptions(text="words", columns={"TOXICITY": "api"}, perspective_alone=True)
    found = sample_columns(names=["words", "api"], options=by_hand)
    assert found == SampleColumns("words", {}, {"TOXICITY": "api"})
    assert sample_columns(names=["text", "toxicity"], options=by_hand).perspective == {"TOXICITY": "toxicity"}


@pytest.mark.parametrize(
    ("names", "named"), [(["a", "toxicity"], "--text"), (["text", "a"], "--column"), ([], "--text")]
)
def test_a_file_without_text_or_scores_is_refused_and_told_what_to_name(names: list[str], named: str) -> None:
    with pytest.raises(ServiceError, match=named):
        sample_columns(names=names, options=ALONE)


def test_scores_are_numbers_from_0_to_1_and_what_is_left_out_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [
        "text,TOXICITY,INSULT",
        '"two\nlines, one cell",0.5,',
        "a\0b,2,0.25",
        "c,yes,-1",
        ",0.5,0.5",
        "d,,",
        "e,1,0",
    ]
    path.write_bytes(("\ufeff" + "\r\n".join(rows)).encode())
    samples, report = read(path, ALONE)
    assert samples == [
        Sample("two\nlines, one cell", perspective={"TOXICITY": 0.5}),
        Sample("ab", perspective={"INSULT": 0.25}),
        Sample("e", perspective={"TOXICITY": 1.0, "INSULT": 0.0}),
    ]
    assert (report.rows, report.empty, report.wrong_values) == (6, 3, 3)


def test_a_text_that_is_longer_than_a_cell_may_be_is_told_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,TOXICITY\nshort,1\n" + b"a" * 300_000 + b",1\n")
    with pytest.raises(ServiceError, match=r"a\.csv cannot be read after 1 rows: Error"):
        read(path, ALONE)


def test_files_are_read_one_after_the_other_each_up_to_the_limit(tmp_path: Path) -> None:
    paths, shown = [tmp_path / "a.csv", tmp_path / "b.csv"], []
    for path in paths:
        path.write_text("text,toxic\none,1\ntwo,0\n", encoding="utf-8")

    def show(done: int, total: int) -> None:
        shown.append((done, total))

    samples = files_read(paths=paths, report=SampleReport(), options=USUAL, limit=1, progress=show)
    assert [one.text for one in samples] == ["one", "one"]
    assert shown[-1][1] == sum(path.stat().st_size for path in paths)
    assert [done for done, _ in shown] == sorted(done for done, _ in shown)
