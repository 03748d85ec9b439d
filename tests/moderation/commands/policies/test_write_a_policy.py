"""Every command of docs/how-to/write-a-policy.md, on the demo's comments."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from moderation.models import PolicyVersion, Review
from tests.pages import page_steps, step_run

PAGE = Path(settings.BASE_DIR) / "docs/how-to/write-a-policy.md"


@pytest.mark.django_db
def test_every_command_of_the_page_runs_and_says_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    commands = list(filter(None, (step_run(step, tmp_path) for step in page_steps(PAGE))))
    assert len(commands) == 10
    version = PolicyVersion.objects.get(active=True)
    assert (version.version, version.body["name"]) == (3, "Harbour rules")
    assert Review.objects.filter(verdict__action="hold").count() == 12
