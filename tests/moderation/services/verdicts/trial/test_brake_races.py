"""Two processes that judge at once are braked as one would be: each comment counts once, and none acts too much."""

from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / "judge_process.py"
COMMENTS = 160
STATES = "SELECT state, count(*) FROM moderation_review GROUP BY state ORDER BY state"
COUNTED = "SELECT judged, automatic, braked_at IS NOT NULL FROM moderation_rollout"
LEDGER = "SELECT count(*) FROM moderation_decision WHERE kind = 'policy' AND action = 'reject'"
BRAKED = "SELECT verdict FROM moderation_review WHERE state = 'pending'"


@pytest.mark.parametrize("every", [1, 9])
def test_two_processes_at_the_limit_act_on_two_comments_and_no_more(scratch: Any, every: int) -> None:
    scratch.script = SCRIPT
    scratch.call("fill", str(COMMENTS), str(every))
    files = [scratch.folder / name for name in ("left", "right")]
    runs = [
        scratch.start("judge", str(at), "2", str(scratch.folder / "go"), str(file)) for at, file in enumerate(files)
    ]
    scratch.wait_for(lambda: all(Path(f"{file}.ready").exists() for file in files))
    (scratch.folder / "go").touch()
    outputs = [process.communicate(timeout=120)[0] for process in runs]
    assert [process.returncode for process in runs] == [0, 0], outputs
    began, ended = zip(*(map(float, file.read_text().split()) for file in files), strict=True)
    assert max(began) < min(ended), "they did not run side by side"
    # Each ninth: the two, who take turns, meet as many of them.
    hot = len(range(0, COMMENTS, every))
    judged, automatic, braked = scratch.query(COUNTED)[0]
    # The third sets the brake, and the other process may have been at one of its own; what comes later is of a braked
    # policy from the start.
    assert (judged, automatic in {3, 4}, braked) == (COMMENTS, True, True)
    states = dict(scratch.query(STATES))
    assert states == {"rejected": 2, "pending": hot - 2, **({"passed": COMMENTS - hot} if every > 1 else {})}
    assert scratch.query(LEDGER) == [(2,)]
    assert all("braked" in str(verdict) for (verdict,) in scratch.query(BRAKED))
