"""`benchmark policy` fills, simulates and judges again, and says how long it took."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from moderation.benchmarks.judging.policy_rules import policy_after, policy_before
from moderation.policies import parse_policy


def depth(when: object) -> int:
    parts = [part for group in when.values() for part in (group if isinstance(group, list) else [group])]  # type: ignore[attr-defined]
    return 1 + max((depth(part) for part in parts if {"all", "any", "not"} & part.keys()), default=0)


@pytest.mark.parametrize("body", [policy_before(), policy_after()])
def test_the_policy_has_twenty_rules_up_to_three_deep(body: dict[str, list[dict[str, object]]]) -> None:
    assert len(parse_policy(body).rules) == 20
    assert max(depth(rule["when"]) for rule in body["rules"]) == 3


@pytest.mark.django_db
def test_a_small_archive_is_judged_again_and_simulated(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    call_command("benchmark", "policy", "--rows", "2000", "--processes", "1", "--json", str(path))
    found = json.loads(path.read_text())["policy"]
    assert found["rows"] == found["simulate"]["judged"] == 2000
    assert 150 < found["simulate"]["decided"] < 250
    assert found["rejudge"]["judged"] == 2000 - found["simulate"]["decided"]
    assert found["rejudge"]["changed"] >= 100
    assert all(found[what]["seconds"] > 0 and found[what]["peak_bytes_parent"] > 0 for what in ("simulate", "rejudge"))
