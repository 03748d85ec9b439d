"""The figures of how texts are read, measured on a file of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.benchmarks.engine import measure


def figures(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, float]:
    measure.main(arguments)
    lines = capsys.readouterr().out.splitlines()
    return {name: float(value) for name, _, value in (line.partition(": ") for line in lines)}


def test_a_file_without_texts_ends_the_measurement_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d.csv").write_text("id\n1\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        figures(capsys, "disguised", str(tmp_path / "d.csv"))
    assert "d.csv needs one of the columns text, " in capsys.readouterr().err


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
