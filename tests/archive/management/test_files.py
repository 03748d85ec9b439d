"""A command's file is there when it is whole, and a run that failed is in nobody's way."""

import os
from pathlib import Path

import pytest

from archive.management.files import file_made


def half_written(path: Path, *, overwrite: bool) -> None:
    with file_made(path, overwrite=overwrite) as stream:
        stream.write("half")
        stream.flush()
        raise RuntimeError


def written_while_another_writes(path: Path) -> None:
    with file_made(path, overwrite=False) as stream:
        stream.write("late")
        path.write_text("first")


def test_a_run_that_fails_leaves_nothing_and_the_next_one_may_write(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    with pytest.raises(RuntimeError):
        half_written(path, overwrite=False)
    assert list(tmp_path.iterdir()) == []
    with file_made(path, overwrite=False) as stream:
        stream.write("whole\r\n")
    assert path.read_bytes() == b"whole\r\n"


def test_what_was_there_stays_until_the_new_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text("earlier")
    with pytest.raises(RuntimeError):
        half_written(path, overwrite=True)
    assert path.read_text() == "earlier"
    with file_made(path) as stream:
        stream.write("new")
        assert path.read_text() == "earlier"
    assert path.read_text() == "new"


def test_a_file_that_came_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    with pytest.raises(FileExistsError):
        written_while_another_writes(path)
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("export.csv", "first")]


def test_a_link_stays_and_what_is_no_plain_file_is_written_to_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("earlier")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    with file_made(tmp_path / "link.csv") as stream:
        stream.write("new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"
    with file_made(Path(os.devnull)) as stream:
        stream.write("gone")
    assert not Path(os.devnull).is_file()
