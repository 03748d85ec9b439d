"""Runs that are killed, stopped and raced, each in a process of its own on a database of its own."""

import signal
import time
from typing import Any

import pytest

COMMENTS = 300
BATCH = 16
ONE_SCORE_EACH = """
    SELECT count(*), sum(CASE WHEN scores = 1 AND taken_revision = revision THEN 1 ELSE 0 END) FROM (
        SELECT c.id, c.revision, c.taken_revision, count(s.id) AS scores FROM archive_comment c
        LEFT JOIN moderation_score s ON s.comment_id = c.id GROUP BY c.id, c.revision, c.taken_revision) AS counted"""


@pytest.fixture
def filled(scratch: Any) -> Any:
    scratch.call("fill", str(COMMENTS))
    return scratch


def test_a_run_that_is_killed_twice_and_finished_leaves_one_score_each_and_sends_a_batch_more_a_kill(
    filled: Any,
) -> None:
    (filled.folder / "go").touch()
    for name in ("first", "second"):
        process = filled.start_run(name, "--batch-size", str(BATCH))
        filled.await_calls(name, 3, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    began = time.monotonic()
    last = filled.start_run("last", "--batch-size", str(BATCH))
    output = last.communicate(timeout=60)[0]
    assert last.returncode == 0, output
    assert filled.query(ONE_SCORE_EACH) == [(COMMENTS, COMMENTS)]
    assert filled.query("SELECT count(*) FROM moderation_claim") == [(0,)]
    sent = sum(sum(filled.sent(name)) for name in ("first", "second", "last"))
    assert COMMENTS <= sent <= COMMENTS + 2 * BATCH
    assert "waiting for the leases" not in output, "dead processes of this machine are not waited for"
    assert time.monotonic() - began < 60


def test_a_comment_that_kills_every_process_is_set_aside_and_all_others_are_scored(scratch: Any) -> None:
    scratch.call("fill", "20")
    scratch.call("poison", "7")
    (scratch.folder / "go").touch()
    ends, output = [], ""
    while 1 not in ends and len(ends) < 6:
        process = scratch.start_run(f"run{len(ends)}", "--batch-size", "4")
        output = process.communicate(timeout=120)[0]
        ends.append(process.returncode)
    assert ends == [-signal.SIGKILL] * 4 + [1], output
    scored = "SELECT count(*) FROM archive_comment WHERE taken_revision = revision"
    assert scratch.query(scored) == [(19,)]
    assert scratch.query("SELECT error FROM moderation_claim") == [("process_died",)]


def test_two_runs_side_by_side_share_the_work_and_send_no_text_twice(filled: Any) -> None:
    runs = {name: filled.start_run(name, "--batch-size", "4") for name in ("left", "right")}
    filled.wait_for(lambda: all((filled.folder / f"{name}.ready").exists() for name in runs))
    (filled.folder / "go").touch()
    outputs = [process.communicate(timeout=60)[0] for process in runs.values()]
    assert [process.returncode for process in runs.values()] == [0, 0], outputs
    sent = {name: sum(filled.sent(name)) for name in runs}
    assert sum(sent.values()) == COMMENTS
    assert min(sent.values()) > 0
    assert filled.query(ONE_SCORE_EACH) == [(COMMENTS, COMMENTS)]


def test_a_run_that_is_asked_to_stop_finishes_its_batch_and_gives_back_the_rest(filled: Any) -> None:
    (filled.folder / "go").touch()
    process = filled.start_run("run", "--batch-size", str(BATCH))
    filled.await_calls("run", 2, process)
    process.send_signal(signal.SIGTERM)
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 0, output
    assert "stopped when asked to" in output
    ((scored,),) = filled.query("SELECT count(*) FROM moderation_score")
    assert scored == sum(filled.sent("run"))
    assert 2 * BATCH <= scored < COMMENTS
    assert filled.query("SELECT count(*) FROM moderation_claim") == [(0,)]


def test_a_lease_that_is_shorter_than_the_run_is_renewed_and_never_lost_to_a_neighbour(filled: Any) -> None:
    options = {"go": "go", "MODERATION_LEASE_SECONDS": "1"}
    runs = {name: filled.start_run(name, "--batch-size", "64", **options) for name in ("left", "right")}
    filled.wait_for(lambda: all((filled.folder / f"{name}.ready").exists() for name in runs))
    (filled.folder / "go").touch()
    outputs = [process.communicate(timeout=60)[0] for process in runs.values()]
    assert [process.returncode for process in runs.values()] == [0, 0], outputs
    assert sum(sum(filled.sent(name)) for name in runs) == COMMENTS


def test_a_reader_of_the_ledger_that_asks_for_what_came_after_misses_nothing(scratch: Any) -> None:
    scratch.call("fill", "60")
    (scratch.folder / "go").touch()
    assert scratch.start_run("run").wait(timeout=60) == 0
    deciders = [scratch.start("decide", first, "60") for first in ("0", "1")]
    after = "SELECT id FROM moderation_decision WHERE id > {} ORDER BY id"
    read = [0]
    running = True
    while running:
        running = any(process.poll() is None for process in deciders)
        read += [pk for (pk,) in scratch.query(after.format(read[-1]))]
        time.sleep(0.002)
    assert [process.wait() for process in deciders] == [0, 0]
    assert read[1:] == [pk for (pk,) in scratch.query(after.format(0))]
    assert len(read[1:]) == 60
