"""`policy shadow|rollout|retire|revert|hits`, as somebody at a terminal has them."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from moderation.models import PolicyVersion, Rollout
from moderation.services.policies.versions import policy_create

pytestmark = pytest.mark.django_db
RULE = {"id": "r", "when": {"any": [{"attribute": "toxicity", "gte": 0.5}]}, "action": "queue"}


@pytest.fixture(autouse=True)
def draft() -> int:
    return policy_create(body={"schema": 2, "name": "Ours", "rules": [RULE]}, actor=None).version.version


def run(*arguments: Any) -> str:
    out = StringIO()
    call_command("policy", *map(str, arguments), stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_version_is_put_on_by_degrees() -> None:
    assert run("shadow", 2) == "Version 2 of the policy is in shadow: it judges what is scored, without effect.\n"
    report = json.loads(run("shadow", 2, "--report"))
    assert (report["compared"], report["failures"], report["actions"], report["rules"]) == (0, 0, [], [])
    assert run("rollout", 2, 10) == "Version 2 of the policy judges 10 % of the comments that come.\n"
    assert Rollout.objects.get(policy__version=2).percent == 10
    assert run("retire", 2) == "Version 2 of the policy is retired.\n"
    assert PolicyVersion.objects.get(version=2).status == "retired"


def test_what_is_refused_is_said() -> None:
    with pytest.raises(CommandError, match="put it into shadow first"):
        run("rollout", 2, 10)
    with pytest.raises(CommandError, match="/percent: A share is 1 to 100 percent"):
        run("rollout", 2, 101)
    with pytest.raises(CommandError, match="Version 1 of the policy is active"):
        run("shadow", 1)
    with pytest.raises(CommandError, match="no version 9"):
        run("shadow", 9, "--report")
    with pytest.raises(CommandError, match="no active user bert"):
        run("shadow", 2, "--as", "bert")
    with pytest.raises(CommandError, match="/rule: Version 2 has no rule x"):
        run("revert", 2, "x")


def test_a_rule_is_taken_back_and_the_hits_are_told() -> None:
    said = run("revert", 2, "r")
    assert said.startswith("Rule r of version 2: 0 decisions undone, 0 comments left as they are.")
    assert run("hits", 2) == "r: 0 of 0 comments, not enough\n"
