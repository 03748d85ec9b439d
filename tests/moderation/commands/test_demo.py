"""`manage.py demo`: from nothing to flagged comments."""

import json
import re
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.utils import timezone

from archive.models import Comment
from moderation.management.commands.demo import excerpt
from moderation.models import ApiKey, DailyFigure, Figure, QueueName, Review, Score, State
from moderation.services.accounts.api_keys import api_key_authenticate

pytestmark = pytest.mark.django_db(transaction=True)


def demo() -> str:
    out = StringIO()
    call_command("demo", "--no-serve", stdout=out, stderr=StringIO())
    return out.getvalue()


def rows_of_fixtures(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "fixtures/comments.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the fixtures, small and free to change, in the place of the project's own."""
    (tmp_path / "fixtures").mkdir()
    shutil.copy(Path(settings.BASE_DIR) / "fixtures/articles.jsonl", tmp_path / "fixtures")
    rows = rows_of_fixtures(Path(settings.BASE_DIR))[:12]
    write(tmp_path, rows)
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)
    return tmp_path


def write(project: Path, rows: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (project / "fixtures/comments.jsonl").write_text(text, encoding="utf-8")


def test_the_whole_demo_flags_abuse_makes_a_login_and_a_key_and_changes_nothing_the_second_time() -> None:
    first = demo()
    flagged = Review.objects.flagged()
    assert f"{flagged.count()} of {Comment.objects.count()} comments are flagged" in first
    assert 0 < flagged.count() < Comment.objects.count() / 2
    waiting = DailyFigure.objects.filter(day=timezone.localdate(), figure=Figure.WAITING, queue=QueueName.PENDING)
    assert sum(row.value for row in waiting) == Review.objects.filter(state=State.PENDING).count() > 0
    secret = re.search(r"Bearer (mod_\w+)", first)
    assert secret is not None
    assert api_key_authenticate(token=secret[1]) is not None
    counts = [model.objects.count() for model in (Comment, Score, Review, ApiKey, get_user_model())]
    second = demo()
    assert "Nothing was changed" in second
    assert "mod_" not in second
    assert [model.objects.count() for model in (Comment, Score, Review, ApiKey, get_user_model())] == counts


def test_changing_the_text_of_a_fixture_changes_its_score(project: Path) -> None:
    rows = rows_of_fixtures(project)
    demo()
    chosen = Comment.objects.get(source__slug=rows[0]["source"], external_id=rows[0]["external_id"])
    before = Score.objects.get(comment=chosen).toxicity
    rows[0] = {**rows[0], "text": "You are a worthless idiot and everybody hates you.", "text_format": "plain"}
    write(project, rows)
    demo()
    after = Score.objects.filter(comment=chosen).latest("revision")
    assert before is not None
    assert after.toxicity is not None
    assert after.toxicity > 0.8 > before


def test_what_is_printed_of_a_comment_holds_no_control_characters() -> None:
    assert excerpt("red \x1b[31m alert\u202e\r\nnext") == "red ·[31m alert· next"
