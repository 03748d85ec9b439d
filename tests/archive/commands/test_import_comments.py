"""`import_comments`: what it stores, what it says, and how it ends."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.core.management import CommandError, call_command
from django.db import OperationalError

from archive.importers.files import ImportFile
from archive.importers.read_ahead import FIRST_RECORDS, items_ahead
from archive.management.commands.import_comments import Command
from archive.models import Article, Comment, Commenter, Source
from archive.services.imports import CHUNK_RECORDS
from moderation.benchmarks.scratch import scratch_database

pytestmark = pytest.mark.django_db

PAGE = """Politics

The lighthouse will be sold

The town council voted on Monday to sell the lighthouse.

  1. Ann Reader says

    What a pity.

    1. Bob says

      It is only a tower.

Leave A Reply
"""


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "external_id": f"c{number}",
        "article": {"external_id": "a1", "title": "Ferry"},
        "text": f"text {number}",
        **changes,
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """`write("rows.jsonl", row(1), row(2))` or `write("page.txt", text)` makes a file in the folder `gazette`."""

    def make(name: str, *content: Any) -> Path:
        path = tmp_path / "gazette" / name
        path.parent.mkdir(exist_ok=True)
        lines = [each if isinstance(each, str) else json.dumps(each) + "\n" for each in content]
        path.write_text("".join(lines), encoding="utf-8")
        return path

    return make


def run(*arguments: Any, **options: Any) -> tuple[str, str]:
    """Returns what the command writes to standard output and standard error."""
    out, err = StringIO(), StringIO()
    call_command("import_comments", *map(str, arguments), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def counts() -> tuple[int, int, int, int]:
    return Source.objects.count(), Article.objects.count(), Commenter.objects.count(), Comment.objects.count()


def test_a_page_comes_in_with_its_thread_and_again_with_nothing(write: Callable[..., Path]) -> None:
    path = write("page-07.txt", PAGE)
    out, _ = run(path)
    assert "articles: 1 created, 0 edited, 0 unchanged" in out
    assert "comments: 2 created, 0 edited, 0 unchanged" in out
    article = Article.objects.get()
    assert (article.source.slug, article.external_id, article.section) == ("gazette", "page-07", "Politics")
    assert article.furniture == [{"kind": "comment_prompt", "text": "Leave A Reply"}]
    reply = Comment.objects.get(external_id="1.1")
    assert reply.parent is not None
    assert (reply.parent.external_id, reply.text) == ("1", "It is only a tower.")
    out, _ = run(path)
    assert "comments: 0 created, 0 edited, 2 unchanged" in out
    assert "Nothing has changed" in out


def test_an_export_of_which_all_is_left_out_is_not_said_to_be_here_already(write: Callable[..., Path]) -> None:
    draft = "<item><wp:post_id>1</wp:post_id><wp:post_type>post</wp:post_type><wp:status>draft</wp:status></item>"
    head = '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><link>https://news.example</link>'
    out, _ = run(write("export.xml", f"{head}{draft}</channel></rss>"))
    assert "left out: 1 post (draft)" in out
    assert "Nothing was imported" in out
    assert "already" not in out


def test_a_page_with_relative_times_changes_nothing_a_day_later(write: Callable[..., Path]) -> None:
    page = (
        "The ferry is late\n\nIt was late on Monday.\n\n2 Comments\n\nAnn Smith, {}\n\nAgain.\n\nBen Lee, {}\n\nYes.\n"
    )
    run(write("page-08.txt", page.format("2 hours ago", "1 hour ago")))
    before = list(Comment.objects.order_by("pk").values())
    out, err = run(write("page-08.txt", page.format("1 day ago", "yesterday")))
    assert "comments: 0 created, 0 edited, 2 unchanged\nrejected: 0" in out
    assert "2 comments have no time that can be read" in err
    assert list(Comment.objects.order_by("pk").values()) == before
    out, err = run(write("page-08.txt", page.format("1 day ago", "yesterday").replace("Ann Smith", "Cem Oz")))
    assert "rejected: 1" in out
    assert "written by somebody else" in err


def test_a_page_whose_comment_was_edited_keeps_the_earlier_text(write: Callable[..., Path]) -> None:
    run(write("page-07.txt", PAGE))
    out, _ = run(write("page-07.txt", PAGE.replace("What a pity.", "What a joy.")))
    assert "comments: 0 created, 1 edited, 1 unchanged" in out
    edited = Comment.objects.get(external_id="1")
    assert (edited.text, edited.revision, edited.revisions.get().text) == ("What a joy.", 2, "What a pity.")


def test_rows_name_their_source_and_the_option_and_the_folder_stand_in(write: Callable[..., Path]) -> None:
    path = write("rows.jsonl", row(1, source="Harbor Times"), row(2))
    run(path)
    run(path, "--source", "Other Paper")
    pairs = Comment.objects.values_list("source__slug", "external_id").order_by("source__slug")
    assert list(pairs) == [("gazette", "c2"), ("harbor-times", "c1"), ("other-paper", "c2")]


def test_a_table_of_other_people_comes_in_with_one_command(write: Callable[..., Path]) -> None:
    path = write(
        "comments.tsv",
        "author\tup\ttext\tid\ttimestamp\ttitle\turl\n",
        'Ann\t4\tThis is "one thing\t17\tThu Jun 26 00:00:00 CEST 2014\tFerry\t/town/ferry\n',
        "Bo\t0\tand another\t18\tWed Jan 15 00:00:00 CET 2014\tFerry\t/town/ferry\n",
    )
    mapping = "external_id=id article.external_id=url article.title=title commenter.name=author created_at=timestamp"
    arguments = [part for pair in mapping.split() for part in ("--map", pair)]
    form = "%a %b %d %H:%M:%S %Z %Y"
    out, err = run(path, *arguments, "--delimiter", "\\t", "--no-quotes", "--time-format", form)
    assert "comments: 2 created" in out
    assert "nothing is done with the columns up" in err
    first = Comment.objects.get(external_id="17")
    assert first.created_at.isoformat() == "2014-06-25T22:00:00+00:00"
    assert first.commenter is not None
    assert (first.commenter.name, first.article.title) == ("Ann", "Ferry")


def test_bad_records_are_reported_with_file_line_field_and_reason(write: Callable[..., Path], tmp_path: Path) -> None:
    path = write("rows.jsonl", row(1), row(2, text="x" * 200_000), "no json\n", row(4, text="a\0b"), row(5))
    rejects = tmp_path / "rejects.jsonl"
    out, err = run(path, "--rejects", rejects)
    assert "comments: 2 created, 0 edited, 0 unchanged\nrejected: 3\n" in out
    assert err == ""
    told = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [(each["file"], each["line"], each.get("field", ""), each["code"]) for each in told] == [
        (str(path), 3, "", "not_json"),
        (str(path), 2, "text", "too_large"),
        (str(path), 4, "text", "nul"),
    ] or sorted((each["line"], each["code"]) for each in told) == [(2, "too_large"), (3, "not_json"), (4, "nul")]
    assert next(each for each in told if each["line"] == 2)["limit"] == 102_400
    assert all(each["reason"] and each["kept"] is False for each in told)


def test_without_a_report_file_the_first_few_rejects_are_shown_and_the_rest_counted(write: Callable[..., Path]) -> None:
    _, err = run(write("rows.jsonl", row(0), *(row(n, text="") for n in range(1, 16))))
    assert err.count("rejected: text: the comment has no text") == 10
    assert "and 5 more remarks" in err


def test_replies_without_their_parent_are_counted_and_linked_when_it_comes(write: Callable[..., Path]) -> None:
    late = write("late.jsonl", row(2, parent_external_id="c1"), row(3, parent_external_id="c9"))
    out, err = run(late)
    assert "replies without their parent: 2 (2 parent_missing)" in out
    assert "gazette c2: kept: parent_external_id: the comment that it answers never came" in err
    out, _ = run(write("early.jsonl", row(1)), late)
    assert "replies linked to a parent that came after them: 1" in out
    assert "replies without their parent: 1 (1 parent_missing)" in out
    assert Comment.objects.get(external_id="c2").parent == Comment.objects.get(external_id="c1")


def test_a_run_whose_only_row_was_rejected_does_not_say_that_all_was_here(write: Callable[..., Path]) -> None:
    out, _ = run(write("rows.jsonl", row(1, text="")))
    assert "rejected: 1" in out
    assert "all of it was here already" not in out


def test_a_dry_run_counts_and_writes_nothing(write: Callable[..., Path]) -> None:
    out, _ = run(write("rows.jsonl", row(1), row(2), row(2)), "--dry-run")
    assert "comments: 2 created, 0 edited, 1 unchanged" in out
    assert "dry run" in out
    assert counts() == (0, 0, 0, 0)


def test_a_dry_run_on_a_database_that_fails_ends_with_one_line(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr("archive.management.commands.import_comments.transaction.atomic", fail)
    with pytest.raises(CommandError, match="the database failed") as error:
        run(write("rows.jsonl", row(1)), "--dry-run")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("place", "dry", "said", "left"),
    [
        ("head_check", False, "stopped: nothing was imported", 0),
        ("ArchiveImport.finish", False, "stopped: what was counted is kept", 2),
        ("ArchiveImport.finish", True, "stopped: nothing was written", 0),
    ],
)
def test_an_interrupt_ends_with_one_line_that_says_what_is_left(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, place: str, dry: bool, said: str, left: int
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"archive.management.commands.import_comments.{place}", interrupt)
    with pytest.raises(CommandError, match=said) as error:
        run(write("rows.jsonl", row(1), row(2)), dry_run=dry)
    assert error.value.returncode == 1
    assert Comment.objects.count() == left


def test_what_an_interrupt_undoes_is_not_counted(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(**_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("archive.services.imports.comments_store", interrupt)
    path, out = write("rows.jsonl", {"article": {"external_id": "a1", "title": "Ferry"}}, row(1)), StringIO()
    with pytest.raises(CommandError, match="what was counted is kept"):
        call_command("import_comments", str(path), stdout=out)
    assert "articles: 0 created" in out.getvalue()
    assert "all of it was here already" not in out.getvalue()
    assert Article.objects.count() == 0


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("jsonl", "id,text\n1,x\n"),
        ("csv", "some words\nand more\n"),
        ("csv", ""),
        ("page", "<!DOCTYPE html><p>x"),
        ("auto", "a,b,c\n" * 9),
        ("auto", ""),
    ],
)
def test_a_file_that_is_not_what_it_says_ends_with_one_line_and_leaves_everything_as_it_was(
    write: Callable[..., Path], form: str, content: str
) -> None:
    good, bad = write("good.jsonl", row(1)), write("bad.file", content)
    if form != "auto":
        good = write("good.jsonl", content)
    with pytest.raises(CommandError) as error:
        run(good, bad, "--format", form)
    assert error.value.returncode == 1
    assert "\n" not in str(error.value)
    assert str(bad) in str(error.value)
    assert counts() == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--map", "colour=x"],
        ["--map", "text"],
        ["--delimiter", "ab"],
        ["--time-format", "%Q"],
        ["--source", "!!!"],
        ["--format", "docx"],
        ["--preset", "blogspot"],
        ["--post-type", "a b"],
        ["--text-format", "markdown"],
        ["--encoding", "utf-99"],
        ["--encoding", "rot13"],
        ["--time-format", "%d/%m"],
    ],
)
def test_a_wrong_call_ends_with_status_2(write: Callable[..., Path], arguments: list[str]) -> None:
    command = Command()
    command._called_from_command_line = True
    parser = command.create_parser("manage.py", "import_comments")
    with pytest.raises(SystemExit) as error:
        parser.parse_args([str(write("rows.jsonl", row(1))), *arguments])
    assert error.value.code == 2


@pytest.mark.parametrize("arguments", [["--map", "text=body"], ["--format", "csv"]])
def test_a_preset_takes_no_other_mapping(write: Callable[..., Path], arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="--preset") as error:
        run(write("rows.jsonl", row(1)), "--preset", "isso", *arguments)
    assert error.value.returncode == 2


def test_a_readme_in_a_folder_is_passed_over_and_told(write: Callable[..., Path]) -> None:
    page = write("page-07.txt", PAGE)
    write("README.md", "# Pages\n\nSaved by hand.\n")
    out, err = run(page.parent)
    assert "articles: 1 created" in out
    assert "README.md: passed over" in err
    with pytest.raises(CommandError, match="Markdown"):
        run(page.parent / "README.md")


def test_what_an_export_leaves_out_is_counted_in_the_summary(write: Callable[..., Path]) -> None:
    item = "<item><link>https://g.example/{0}</link><wp:post_id>{0}</wp:post_id><wp:post_type>{1}</wp:post_type></item>"
    items = "".join(item.format(n, kind) for n, kind in enumerate(("post", "feedback", "feedback", "reply"), 1))
    root = '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><link>https://g.example</link>'
    path = write("export.xml", f"{root}{items}</channel></rss>")
    out, _ = run(path)
    assert "articles: 1 created" in out
    assert "left out: 2 feedback (publish), 1 reply (publish)\n" in out
    out, _ = run(path, "--post-type", "feedback", "--post-type", "reply")
    assert "articles: 3 created" in out
    assert "left out" not in out


def test_a_preset_brings_comments_whose_ids_are_unique_in_their_thread_only(write: Callable[..., Path]) -> None:
    threads = [{"id": f"/{n}/", "title": "Ferry", "comments": [{"id": 0, "text": f"text {n}"}]} for n in range(2)]
    path = write("isso.json", json.dumps(threads))
    run(path, "--preset", "isso")
    out, _ = run(path, "--preset", "isso")
    assert "comments: 0 created, 0 edited, 2 unchanged" in out
    assert sorted(Comment.objects.values_list("external_id", "text")) == [("/1/:0", "text 1"), ("0", "text 0")]


def test_a_large_file_is_parsed_in_another_process_and_stored_as_any_other(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.importers.read_ahead.LARGE_BYTES", 0)
    started: list[ImportFile] = []
    monkeypatch.setattr(
        "archive.management.commands.import_comments.items_ahead",
        lambda file, *how: started.append(file) or items_ahead(file, *how),
    )
    path = write("rows.jsonl", row(1), row(2, parent_external_id="c1"), row(3, text=""))
    out, err = run(path)
    assert len(started) == 1
    assert "comments: 2 created" in out
    assert "rows.jsonl:3: rejected: text" in err
    assert Comment.objects.get(external_id="c2").parent == Comment.objects.get(external_id="c1")


def test_a_path_that_is_not_there_is_a_wrong_call_too(write: Callable[..., Path]) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.txt") as error:
        run(write("rows.jsonl", row(1)), "nowhere.txt")
    assert error.value.returncode == 2
    assert counts() == (0, 0, 0, 0)


def test_a_file_that_breaks_in_the_middle_keeps_what_came_before_and_fails(write: Callable[..., Path]) -> None:
    path = write("rows.jsonl", *(row(n, text=os.urandom(40).hex()) for n in range(4000)))
    packed = gzip.compress(path.read_bytes())
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(CommandError, match="cut off") as error:
        run(path)
    assert error.value.returncode == 1
    assert 1000 < Comment.objects.count() < 4000


def test_personal_data_does_not_come_in(write: Callable[..., Path]) -> None:
    person = {"name": "Ann", "email": "ann@harbor.example", "ip": "192.0.2.7"}
    run(write("rows.jsonl", row(1, commenter=person, meta={"ip": "192.0.2.7", "votes": 1})))
    comment = Comment.objects.get()
    assert comment.meta == {"votes": 1}
    assert list(Commenter.objects.values_list("external_id", "name")) == [("name:ann", "Ann")]


def test_no_text_reaches_the_log_or_the_report(
    write: Callable[..., Path], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    canary = "canary-7f3a"
    rows = [row(1, text=canary), row(2, text=canary + "\0"), row(3, text=canary, created_at=canary)]
    rejects = tmp_path / "rejects.jsonl"
    with caplog.at_level(0):
        out, err = run(write("rows.jsonl", *rows, f'{{"text": "{canary}\n'), "--rejects", rejects)
    assert Comment.objects.count() == 1
    assert canary not in out + err + caplog.text + rejects.read_text()


# Runs a command of manage.py that kills itself in its second chunk, with rows written and nothing committed of them.
KILLED = """
import os, signal, sys
from itertools import count

import django
from django.core.management import execute_from_command_line

django.setup()
from archive.services import upsert

rows_insert, calls = upsert.rows_insert, count()

def insert(rows):
    rows_insert(rows)
    if next(calls) == 1:
        os.kill(os.getpid(), signal.SIGKILL)

upsert.rows_insert = insert
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_killed_goes_on_without_doubles(tmp_path: Path, migrated_sqlite: Path) -> None:
    """Runs the command itself on a database of its own, which is killed in the middle, and again, and again."""
    total = CHUNK_RECORDS + 500
    path = tmp_path / "rows.jsonl"
    rows = (
        row(n, parent_external_id=f"c{n - 1}" if n % 5 else "", commenter={"name": f"n{n % 99}"}) for n in range(total)
    )
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))

    def manage(*arguments: str, script: tuple[str, ...] = ("manage.py",)) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *script, *arguments]
        return subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=project.BASE_DIR, env=environment
        )

    with scratch_database(tmp_path) as url:
        environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
        if url.startswith("sqlite"):
            shutil.copyfile(migrated_sqlite, url.removeprefix("sqlite:///"))
        assert manage("migrate", "-v0").returncode == 0
        assert manage("import_comments", str(path), script=("-c", KILLED)).returncode == -signal.SIGKILL
        said = manage("import_comments", str(path)).stdout
        assert f"comments: {total - FIRST_RECORDS} created, 0 edited, {FIRST_RECORDS} unchanged" in said
        assert "articles: 0 created, 0 edited" in said
        said = manage("import_comments", str(path)).stdout
        assert f"comments: 0 created, 0 edited, {total} unchanged" in said
        assert "replies" not in said
        count = "from archive.models import Comment; print(Comment.objects.filter(parent=None).count())"
        assert manage("shell", "-v0", "-c", count).stdout.split()[-1] == str(total // 5)
