"""`policy suggest`, `policy resolve`, and what activating says of goals, as somebody at a terminal has them."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from archive.models import Source
from moderation.models import PolicyVersion, Review

pytestmark = pytest.mark.django_db
GOAL = "maximum recall @ precision >= 0.8"
FILE = """schema: 2
name: Goals
rules:
  - id: toxic
    when: {any: [{attribute: toxicity, goal: "maximum match_rate @ queue_per_day <= 30"}]}
    action: queue
audit: {share: 0.2, floor: 0.1, strata: 2}
"""
Archive = Callable[[int], None]


def run(*arguments: Any) -> str:
    out = StringIO()
    call_command("policy", *map(str, arguments), stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_threshold_is_suggested_with_its_figures(decided_archive: Archive) -> None:
    decided_archive(500)
    lines = run("suggest", GOAL).splitlines()
    assert lines[0].startswith("toxicity by compact@")
    assert "match from 0." in lines[0]
    assert lines[1] == "Comments: 500, of 1 days with comments; decisions of people: 300."
    assert lines[2].startswith("  precision 0.")
    found = json.loads(run("suggest", GOAL, "--json"))
    assert f"match from {found['threshold']:g} on." in lines[0]
    assert run("suggest", GOAL, "--section", "Nowhere").splitlines()[1] == (
        "Comments: 0, of 0 days with comments; decisions of people: 0."
    )
    assert "At 95 % confidence" in run("suggest", "minimum match_rate @ recall >= 0.7", "--guarantee")


def test_what_waits_and_what_comes_nearest_is_said(decided_archive: Archive) -> None:
    decided_archive(40)
    Review.objects.filter(pk=Review.objects.latest("pk").pk).update(state="pending", decided_by="")
    lines = run("suggest", GOAL).splitlines()
    assert "do not support an answer" in lines[0]
    assert lines[2].startswith("Waiting for a decision: 1.")
    assert lines[3] == "At the threshold that comes nearest:"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Give either a goal or --perspective"),
        ((GOAL, "--perspective", "0.5"), "Give either a goal or --perspective"),
        (("--perspective", "0.5", "--guarantee"), "--guarantee: "),
        (("--perspective", "7"), "A threshold is above 0 and at most 1"),
        (("the best",), "a goal has the form"),
        ((GOAL, "--attribute", "wit"), "does not serve wit"),
        ((GOAL, "--since", "yesterday"), "--since: yesterday"),
        ((GOAL, "--source", "nowhere"), "there is no source nowhere"),
    ],
)
def test_wrong_usage_is_named(db: None, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run("suggest", *arguments)


def test_activating_says_which_numbers_came_out_and_resolving_anew_makes_a_draft(
    decided_archive: Archive, tmp_path: Path, source: Source
) -> None:
    decided_archive(60)
    path = tmp_path / "goals.yaml"
    path.write_text(FILE, encoding="utf-8")
    lines = run("activate", path).splitlines()
    assert lines[0] == "Version 8 of the policy is a draft."
    assert lines[1].startswith("Version 8 with its numbers: toxicity from 0.")
    assert "(maximum match_rate @ queue_per_day <= 30, compact@" in lines[1]
    assert "the audit's shares 0." in lines[1]
    assert lines[2].startswith("Version 9 of the policy is active")
    assert "has these numbers already" in run("resolve").splitlines()[-1]
    Review.objects.filter(toxicity__gte=0.9).update(toxicity=0.1)
    lines = run("resolve", 9).splitlines()
    assert lines[0].startswith("toxicity by compact@")
    assert lines[-1] == "Version 10 of the policy is a draft with them: `policy activate` makes it judge."
    assert PolicyVersion.objects.get(active=True).version == 9


def test_a_goal_without_enough_decisions_is_named_by_file_and_line(decided_archive: Archive, tmp_path: Path) -> None:
    decided_archive(20)
    path = tmp_path / "goals.yaml"
    path.write_text(FILE.replace("maximum match_rate @ queue_per_day <= 30", GOAL), encoding="utf-8")
    with pytest.raises(CommandError, match=r"goals\.yaml:5: /rules/0/when/any/0/goal: toxicity by .* do not support"):
        run("activate", path)
    with pytest.raises(CommandError, match="There is no version 99"):
        run("resolve", 99)
