"""Taking a rule back that is killed half-way and run again undoes all of it, and nothing twice."""

import signal
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parents[1] / "verdicts" / "judge_process.py"
COMMENTS, CHUNK = 300, 50
STATES = "SELECT state, count(*) FROM moderation_review GROUP BY state ORDER BY state"
UNDOS = "SELECT count(*), count(DISTINCT undoes_id), count(DISTINCT batch) FROM moderation_decision WHERE kind = 'undo'"
REVERSION = 'SELECT reverted, "left", finished_at IS NOT NULL FROM moderation_reversion'


def test_a_run_that_is_killed_twice_within_a_chunk_and_run_again_undoes_each_comment_once(scratch: Any) -> None:
    scratch.script = SCRIPT
    scratch.call("fill", str(COMMENTS), "1")
    scratch.call("judge_all")
    assert scratch.query(STATES) == [("approved", 1), ("rejected", COMMENTS - 1)]
    for killed_in, undone in (("2", 2 * CHUNK), ("1", 3 * CHUNK)):
        process = scratch.start("revert", str(CHUNK), killed_in)
        output = process.communicate(timeout=60)[0]
        assert process.returncode == -signal.SIGKILL, output
        # What the killed chunk had written is gone with it; the chunks before it stay.
        assert scratch.query(STATES) == [("approved", 1), ("pending", undone), ("rejected", COMMENTS - 1 - undone)]
        assert scratch.query(UNDOS) == [(undone, undone, 1)]
        assert [tuple(row) for row in scratch.query(REVERSION)] == [(undone, 0, False)]
    last = scratch.start("revert", str(CHUNK), "-1")
    output = last.communicate(timeout=60)[0]
    assert (last.returncode, f"{COMMENTS - 1} decisions undone" in output) == (0, True), output
    assert scratch.query(STATES) == [("approved", 1), ("pending", COMMENTS - 1)]
    assert scratch.query(UNDOS) == [(COMMENTS - 1, COMMENTS - 1, 1)]
    assert [tuple(row) for row in scratch.query(REVERSION)] == [(COMMENTS - 1, 0, True)]
    again = scratch.start("revert", str(CHUNK), "-1")
    assert "0 decisions undone" in again.communicate(timeout=60)[0]
    assert scratch.query(UNDOS) == [(COMMENTS - 1, COMMENTS - 1, 1)]
