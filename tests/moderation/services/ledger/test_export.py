"""What leaves the archive: complete, readable by machines, and harmless in a spreadsheet."""

import csv
import json
import tracemalloc
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from archive.models import Comment, Source
from moderation.management.commands import export_decisions
from moderation.models import Decision, DecisionNote, Feedback
from moderation.services.ledger.export import CHUNK, DECISION_COLUMNS, decision_rows

FORMULA = '=HYPERLINK("http://evil.example/")'


@pytest.fixture
def feedback(db: None) -> list[Feedback]:
    return [
        Feedback.objects.create(text=FORMULA, scores={"TOXICITY": 1.0}, client_token="comment:1", trusted=True),
        Feedback.objects.create(text='two\nlines, "quoted"', scores={"TOXICITY": 0.0}, api_key="coral"),
    ]


def exported(*arguments: str) -> str:
    out = StringIO()
    call_command("export_feedback", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("feedback")
def test_a_text_that_begins_like_a_formula_is_disarmed_in_csv_and_whole_in_json() -> None:
    rows = list(csv.DictReader(StringIO(exported())))
    assert [row["text"] for row in rows] == [f"'{FORMULA}", 'two\nlines, "quoted"']
    assert json.loads(rows[0]["scores"]) == {"TOXICITY": 1.0}
    lines = [json.loads(line) for line in exported("--format", "jsonl").splitlines()]
    assert [line["text"] for line in lines] == [FORMULA, 'two\nlines, "quoted"']


@pytest.mark.django_db
def test_a_line_end_in_a_name_of_the_client_begins_no_row() -> None:
    Feedback.objects.create(text="calm", scores={}, community_id="club\r=1+1", session_id="\x1b[2J\x07", trusted=True)
    (row,) = csv.DictReader(StringIO(exported(), newline=""))
    assert (row["community_id"], row["session_id"]) == ("club\r=1+1", "\\u001b[2J\\u0007")


@pytest.mark.usefixtures("feedback")
def test_only_trusted_feedback_where_that_is_asked_for() -> None:
    lines = exported("--format", "jsonl", "--trusted-only").splitlines()
    assert [json.loads(line)["client_token"] for line in lines] == ["comment:1"]


@pytest.mark.usefixtures("feedback")
def test_a_file_that_is_there_already_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "feedback.csv"
    exported("--output", str(path))
    assert path.read_text(encoding="utf-8").count("coral") == 1
    with pytest.raises(CommandError, match="exists"):
        exported("--output", str(path))


COLUMNS = {"kind": "person", "action": "approve", "from_state": "pending", "to_state": "approved", "revision": 1}


@pytest.fixture
def decisions(make_comment: Callable[..., Comment]) -> list[Decision]:
    comments = [make_comment(external_id=FORMULA), make_comment(), make_comment()]
    rows = [Decision.objects.create(comment=comment, api_key="+desk", **COLUMNS) for comment in comments]
    DecisionNote.objects.create(decision=rows[1], text="=1+1")
    return rows


def ledger(*arguments: str) -> str:
    out = StringIO()
    call_command("export_decisions", *arguments, stdout=out)
    return out.getvalue()


def test_the_ledger_is_written_in_its_order_and_harmless_in_a_spreadsheet(decisions: list[Decision]) -> None:
    rows = list(csv.DictReader(StringIO(ledger())))
    assert [int(row["id"]) for row in rows] == [row.pk for row in decisions]
    assert [row["external_id"] for row in rows] == [f"'{FORMULA}", "c2", "c3"]
    assert {row["api_key"] for row in rows} == {"'+desk"}
    assert [row["note"] for row in rows] == ["", "'=1+1", ""]
    assert tuple(rows[0]) == DECISION_COLUMNS
    lines = [json.loads(line) for line in ledger("--format", "jsonl").splitlines()]
    assert [(line["external_id"], line["note"]) for line in lines] == [(FORMULA, ""), ("c2", "=1+1"), ("c3", "")]
    assert set(lines[0]) == set(DECISION_COLUMNS)


def test_an_export_goes_on_after_an_id_and_is_limited_to_sources(decisions: list[Decision], source: Source) -> None:
    Source.objects.create(slug="other", name="Other")
    assert len(ledger("--format", "jsonl", "--after", str(decisions[1].pk)).splitlines()) == 1
    assert len(ledger("--format", "jsonl", "--source", source.slug).splitlines()) == 3
    assert ledger("--format", "jsonl", "--source", "other") == ""
    assert len(ledger("--format", "jsonl", "--source", source.slug, "--source", "other").splitlines()) == 3


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [("--after", "-1"), ("--source", "nobody")])
def test_an_export_of_what_there_cannot_be_is_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        ledger(*arguments)


@pytest.mark.usefixtures("decisions")
def test_an_export_overwrites_no_file(tmp_path: Path) -> None:
    path = tmp_path / "decisions.csv"
    path.write_text("kept")
    with pytest.raises(CommandError, match="exists"):
        ledger("--output", str(path))
    assert path.read_text() == "kept"


@pytest.mark.usefixtures("decisions")
def test_an_export_that_fails_halfway_leaves_no_file_that_refuses_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "decisions.csv"
    with monkeypatch.context() as broken:
        broken.setattr(export_decisions, "csv_lines", lambda rows, _: (row["gone"] for row in rows))
        with pytest.raises(KeyError):
            ledger("--output", str(path))
    assert list(tmp_path.iterdir()) == []
    ledger("--output", str(path))
    assert len(path.read_text().splitlines()) == 4


def test_an_export_holds_a_chunk_of_the_ledger_in_memory_and_not_the_ledger(
    make_comment: Callable[..., Comment], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    comment = make_comment()

    def peak(count: int) -> int:
        Decision.objects.bulk_create(Decision(comment=comment, **COLUMNS) for _ in range(count))
        tracemalloc.start()
        try:
            with django_assert_max_num_queries(1):
                assert sum(1 for _ in decision_rows()) >= count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    one = peak(2 * CHUNK)
    # 2.5 times the rows in all.
    assert peak(3 * CHUNK) < 1.5 * one
