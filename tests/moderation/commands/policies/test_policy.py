"""`policy apply|diff|show|test|activate`, as somebody at a terminal has them."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from moderation.models import PolicyVersion

pytestmark = pytest.mark.django_db
FILE = """schema: 2
name: Ours
rules:
  - id: rude
    when: {any: [{attribute: toxicity, gte: 0.5}]}
    action: hold
tests:
  - {name: rude, scores: {toxicity: 0.9}, expect: hold}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def run(*arguments: Any) -> str:
    out = StringIO()
    call_command("policy", *map(str, arguments), stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_file_is_tested_saved_compared_and_activated(path: Path) -> None:
    ada = User.objects.create_user("ada")
    assert run("test", path) == f"{path}:8: /tests/0: ok  rude: hold\n1 tests passed.\n"
    assert run("apply", path, "--as", "ada", "--note", "Tried.") == "Version 2 of the policy is a draft.\n"
    assert PolicyVersion.objects.get(version=2).author == ada
    assert run("apply", path) == "Version 2 of the policy says the same already: it is draft.\n"
    changes = run("diff", "1", path)
    assert '~ name: "Built in" → "Ours"' in changes
    assert "+ rule rude: " in changes
    assert run("diff", path) == changes
    assert run("diff", "2", path) == "Both say the same.\n"
    assert run("activate", "2").startswith("Version 2 of the policy is active")
    assert run("show").splitlines() == [
        "Version 2: Ours",
        "  rude: If toxicity is at least 0.5, hold the comment until a person has decided.",
    ]
    assert '"id": "rude"' in run("show", path, "--json")


def test_activating_a_file_saves_it_first(path: Path) -> None:
    assert "Version 2 of the policy is a draft.\nVersion 2 of the policy is active" in run("activate", path)
    assert PolicyVersion.objects.get(active=True).version == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "action: hold",
            "action: hold\n    action: queue",
            "{path}:7: /rules/0/action: the field action occurs twice here",
        ),
        ("toxicity, gte", "wit, gte", "{path}:5: /rules/0/when/any/0/attribute: The active model does not serve wit"),
        ("gte: 0.5", "gte: 5", "{path}:5: /rules/0/when/any/0/gte: 5 is greater than the maximum of 1"),
    ],
)
def test_a_bad_file_is_named_by_its_line(path: Path, old: str, new: str, message: str) -> None:
    path.write_text(FILE.replace(old, new), encoding="utf-8")
    for part in ("apply", "test", "activate"):
        with pytest.raises(CommandError) as caught:
            run(part, path)
        assert str(caught.value).startswith(message.format(path=path))
    assert PolicyVersion.objects.count() == 1


def test_a_test_that_fails_fails_the_command(path: Path) -> None:
    path.write_text(FILE.replace("expect: hold", "expect: pass"), encoding="utf-8")
    with pytest.raises(CommandError, match="1 of 1 tests failed"):
        run("test", path)
    with pytest.raises(CommandError, match=r":8: /tests/0/expect: FAILED  rude: hold by rude, expected pass"):
        run("activate", path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("apply", "/nowhere.yaml"), "/nowhere.yaml: No such file"),
        (("show", "99"), "no version 99"),
        (("show", "9" * 40), "no version 999"),
        (("activate", "1"), "already active"),
        (("activate", "1", "--as", "nobody"), "no active user nobody"),
    ],
)
def test_what_is_not_there_is_said_in_a_line(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(*arguments)


def test_a_version_that_is_not_read_any_more_is_told_in_a_line() -> None:
    PolicyVersion.objects.filter(version=1).update(body={"schema": 2, "name": "x", "rules": [{"id": "q"}]})
    with pytest.raises(CommandError, match="/rules/0: 'when' is a required property"):
        run("show", 1)
