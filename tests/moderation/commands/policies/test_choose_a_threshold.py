"""Every command of docs/how-to/choose-a-threshold.md, on the demo's comments."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from moderation.models import Review
from moderation.models.review import WAITING_STATES
from moderation.services.review.decisions import decision_record
from tests.pages import BLOCK, page_steps, step_run

ROOT = Path(settings.BASE_DIR)
PAGE = ROOT / "docs/how-to/choose-a-threshold.md"


def everything_decided() -> int:
    """Lets a moderator of known behaviour decide on all that waits: what the model is sure of is mostly rejected."""
    ada, _ = User.objects.get_or_create(username="ada")
    waiting = list(Review.objects.filter(state__in=WAITING_STATES).order_by("pk"))
    for at, review in enumerate(waiting):
        rejects = (review.toxicity or 0.0) >= 0.6 and at % 10 != 0
        reason = {"reason": "insult"} if rejects else {}
        decision_record(comment_id=review.pk, action="reject" if rejects else "approve", actor=ada, **reason)
    return len(waiting)


@pytest.mark.django_db
def test_every_command_of_the_page_runs_and_says_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = []
    for step in page_steps(PAGE):
        if command := step_run(step, tmp_path):
            ran.append(command.split(" ")[2:4])
        if command.endswith("policy rejudge"):
            assert everything_decided() > 30
    assert len(ran) == 12
    assert ["policy", "resolve"] in ran


def test_the_commands_for_a_large_export_are_commands() -> None:
    """The export is not in the repository: its columns are those that the page maps."""
    (block,) = [body for kind, body in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if kind == "sh"]
    commands = [shlex.split(one) for one in block.replace("\\\n", " ").strip().splitlines()]
    assert [one[2] for one in commands] == ["import_comments", "score_comments", "policy", "policy", "policy"]
    imported = PAGE.with_name("import.md").read_text(encoding="utf-8").replace(".venv/bin/python", "python")
    assert block.split("python manage.py score")[0].strip() in imported
