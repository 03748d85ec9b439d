"""How far a command has come: a bar, or lines."""

import io
import time

import pytest

from archive.management.progress import ByteProgress, Progress


def test_it_is_a_line_now_and_then_if_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    progress = Progress(unit="comment", stream=stream)
    progress.show(10, 1000)
    assert stream.getvalue() == ""
    later = time.monotonic() + 20
    monkeypatch.setattr("archive.management.progress.time.monotonic", lambda: later)
    progress.show(100, 1000)
    progress.show(101, 1000)
    progress.close()
    assert stream.getvalue() == "100 of 1,000 comments, 5.0/s, 180 s left\n"


def test_it_is_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    progress = Progress(unit="comment", stream=stream)
    progress.show(10, 100)
    progress.show(100, 100)
    progress.close()
    assert "100/100" in stream.getvalue()


def test_bytes_are_a_bar_on_a_terminal_and_lines_of_the_log_elsewhere(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ByteProgress(total=100, terminal=True) as progress, progress.file(100):
        progress.at(50)
    assert "100%" in capsys.readouterr().err
    monkeypatch.setattr("archive.management.progress.SECONDS_BETWEEN_LINES", 0.0)
    with caplog.at_level("INFO"), ByteProgress(total=2_000_000, terminal=False) as progress:
        progress.at(1_000_000)
    assert "1.0 of 2.0 MB read, 1 records" in caplog.text
