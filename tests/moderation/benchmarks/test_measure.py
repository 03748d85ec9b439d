"""The figures of how texts are read, measured on a file of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.benchmarks import measure


def figures(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, float]:
    measure.main(arguments)
    lines = capsys.readouterr().out.splitlines()
    return {name: float(value) for name, _, value in (line.partition(": ") for line in lines)}


def test_texts_are_read_from_tables_and_from_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,comment_text\n1,"Hello, all"\n2,\n', encoding="utf-8")
    (tmp_path / "b.tsv").write_text('text\tid\nsay "hi\t1\n', encoding="utf-8")
    (tmp_path / "c.txt").write_text("one\n\ntwo\n", encoding="utf-8")
    found = {path.name: list(measure.texts_of(path)) for path in sorted(tmp_path.iterdir())}
    assert found == {"a.csv": ["Hello, all"], "b.tsv": ['say "hi'], "c.txt": ["one", "two"]}
    (tmp_path / "d.csv").write_text("id\n1\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        list(measure.texts_of(tmp_path / "d.csv"))


def test_the_share_of_texts_that_are_read_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("You 1d1ot\nThe ferry leaves at nine.\nGood day.\nThat is well-known.\n", encoding="utf-8")
    assert figures(capsys, "disguised", str(path)) == {"texts": 4, "read_twice": 0.25}


def test_removal_measures_flagged_texts_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "texts.txt"
    path.write_text(
        "You are a complete idiot and I hope that the mayor reads this.\nThe ferry leaves at nine.\n", encoding="utf-8"
    )
    found = figures(capsys, "removal", str(path))
    assert (found["flagged"], found["lowered"]) == (1, 1)
    assert found["mean_fall"] > found["mean_fall_by_lot"]
