"""The table of how well languages are told, from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.benchmarks.engine.languages import length_of, main


def test_a_row_says_how_many_texts_of_a_language_are_told_rightly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tr.txt").write_text(
        "Bence belediye bu konuda haksız ve kimseye hesap vermiyor.\nThe council should listen to the people here.\n",
        encoding="utf-8",
    )
    (tmp_path / "en.txt").write_text("No way.\n", encoding="utf-8")
    main([f"tr={tmp_path / 'tr.txt'}", f"en={tmp_path / 'en.txt'}"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| language | under 12 | 12–19 | 20–39 | 40–79 | 80 or more |"
    assert lines[2] == "| en | 1: 100.0% (0.0%) | – | – | – | – |"
    assert lines[3] == "| tr | – | – | 1: 0.0% (100.0%) | 1: 100.0% (0.0%) | – |"


def test_lengths_are_counted_in_letters() -> None:
    assert [length_of("a1!" * letters) for letters in (0, 11, 12, 19, 20, 79, 80)] == [0, 0, 1, 1, 2, 3, 4]


@pytest.mark.parametrize("argument", ["file.txt", "=file.txt"])
def test_a_file_without_its_language_is_wrong_usage(argument: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([argument])
    assert caught.value.code == 2
    assert "is not CODE=FILE" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["tr=/nowhere.txt"])
    assert caught.value.code == 1
    assert "/nowhere.txt" in capsys.readouterr().err
