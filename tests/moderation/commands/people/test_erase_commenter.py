"""`erase_commenter`, `erase_comment`, `export_commenter`: files first, receipts on standard output, clear refusals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from archive.models import Comment, Commenter
from moderation.management import erasing
from moderation.models import Decision, Erasure
from moderation.services.privacy import erasures


def run(*arguments: Any) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def test_the_export_is_written_before_anything_is_erased(
    make_comment: Callable[..., Comment], commenter: Commenter, tmp_path: Path
) -> None:
    make_comment("A word.")
    User.objects.create_user("ada")
    file = tmp_path / "ada.jsonl"
    receipt = json.loads(run("erase_commenter", commenter.pk, "--export", file, "--as", "ada"))
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert (lines[0]["name"], lines[1]["text"], lines[-1]["sha256"]) == ("Ada", "A word.", receipt["export_sha256"])
    assert receipt["counts"] == {"commenters": 1, "comments": 1}
    assert Comment.objects.get().text == ""
    assert {row.actor.username for row in Decision.objects.filter(action="erase") if row.actor} == {"ada"}


def test_a_file_that_is_there_is_not_written_over_and_nothing_is_erased(
    make_comment: Callable[..., Comment], tmp_path: Path
) -> None:
    comment, file = make_comment("A word."), tmp_path / "there"
    file.write_text("an earlier export")
    with pytest.raises(CommandError, match="there"):
        run("erase_comment", comment.pk, "--export", file)
    assert (file.read_text(), Comment.objects.get().text) == ("an earlier export", "A word.")
    assert not Erasure.objects.exists()


def test_a_comment_is_erased_without_an_export_if_that_is_said(make_comment: Callable[..., Comment]) -> None:
    comment = make_comment("A word.")
    with pytest.raises(CommandError, match="required"):
        run("erase_comment", comment.pk)
    receipt = json.loads(run("erase_comment", comment.pk, "--no-export"))
    assert (receipt["comment"], receipt["export_sha256"], receipt["counts"]) == (comment.pk, "", {"comments": 1})


def test_a_stopped_erasure_says_how_to_go_on_and_does(
    make_comment: Callable[..., Comment], commenter: Commenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make_comment("A word.")
    monkeypatch.setattr(erasures, "BATCH", 2)
    stops = iter([False, True])

    @contextmanager
    def signalled() -> Iterator[Callable[[], bool]]:
        yield lambda: next(stops)

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "stop_on_signals", signalled)
        with pytest.raises(CommandError, match="run it again"):
            run("erase_commenter", commenter.pk, "--no-export")
    assert Comment.objects.filter(erased_at=None).count() == 1
    assert json.loads(run("erase_commenter", commenter.pk, "--no-export"))["counts"]["comments"] == 3


def test_nobody_of_the_number_and_nobody_of_the_name_is_said(commenter: Commenter) -> None:
    for words in ("erase_commenter 999 --no-export", "export_commenter 999", "erase_comment 999 --no-export"):
        with pytest.raises(CommandError, match="There is no"):
            run(*words.split())
    with pytest.raises(CommandError, match="no active user"):
        run("erase_commenter", commenter.pk, "--no-export", "--as", "nobody")
    run("erase_commenter", commenter.pk, "--no-export")
    with pytest.raises(CommandError, match="erased already"):
        run("erase_commenter", commenter.pk, "--no-export")


def test_an_export_erases_nothing(make_comment: Callable[..., Comment], commenter: Commenter, tmp_path: Path) -> None:
    make_comment("A word.")
    shown = [json.loads(line) for line in run("export_commenter", commenter.pk).splitlines()]
    run("export_commenter", commenter.pk, "--output", tmp_path / "export")
    written = [json.loads(line) for line in (tmp_path / "export").read_text().splitlines()]
    assert shown[:-1] == written[:-1]
    assert shown[-1]["sha256"] == written[-1]["sha256"]
    assert Comment.objects.get().text == "A word."
