"""Twenty moderators at one queue: no comment is decided twice, none is lost, none is stuck.

The suite has a short queue; `manage.py benchmark moderators` has 2,000 comments.
"""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from moderation.benchmarks.reviewing import moderators

pytestmark = pytest.mark.django_db


def test_twenty_moderators_at_one_queue_decide_on_each_comment_once() -> None:
    out = StringIO()
    call_command("benchmark", "moderators", moderators=20, queued=160, stdout=out)
    lines = dict(line.removeprefix("moderators ").split(": ") for line in out.getvalue().splitlines())
    assert (lines["moderators"], lines["comments"]) == ("20", "160")
    wrong = ("decided_twice", "lost", "stuck", "still_held", "unlike_the_ledger", "moved_otherwise", "edited")
    assert {name: lines[name] for name in wrong} == dict.fromkeys(wrong, "0")


def test_a_process_that_fails_is_told_and_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moderators, "CHILD", "raise SystemExit(3)")
    with pytest.raises(CommandError, match="moderators: fill ended with status 3"):
        call_command("benchmark", "moderators", moderators=2, queued=2)
