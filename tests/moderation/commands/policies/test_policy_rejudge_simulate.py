"""`policy rejudge` and `policy simulate` at the command line."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from moderation.models import ModelVersion, PolicyStatus, PolicyVersion, Review
from moderation.policies import policy_sha256

pytestmark = pytest.mark.django_db
BODY = {
    "schema": 2,
    "name": "Stricter",
    "rules": [{"id": "toxic", "when": {"any": [{"attribute": "toxicity", "gte": 0.5}]}, "action": "queue"}],
}


@pytest.fixture
def review(make_comment: Callable[..., Any], make_review: Callable[..., Review]) -> Review:
    """A comment that passed, and that BODY queues."""
    comment = make_comment()
    return make_review(comment, toxicity=0.6, facts={"text_hash": comment.text_hash})


@pytest.fixture
def policy_file(tmp_path: Path) -> str:
    """A file with BODY."""
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(BODY))
    return str(path)


def activate() -> None:
    PolicyVersion.objects.update(active=False, status=PolicyStatus.RETIRED)
    columns = {"body": BODY, "sha256": policy_sha256(BODY), "active": True, "status": PolicyStatus.ACTIVE}
    PolicyVersion.objects.create(version=8, **columns)


def output(*arguments: str) -> str:
    stdout = StringIO()
    call_command("policy", *arguments, stdout=stdout)
    return stdout.getvalue()


def test_rejudging_says_what_it_did(review: Review) -> None:
    activate()
    assert output("rejudge") == ("Version 8 of the policy: 1 verdicts judged again, 1 changed, 1 comments moved.\n")
    review.refresh_from_db()
    assert review.state == "pending"


def test_nothing_to_resume_is_an_error(review: Review) -> None:
    with pytest.raises(CommandError, match="no unfinished run"):
        output("rejudge", "--resume")


def test_a_simulation_is_printed_in_lines(review: Review, policy_file: str) -> None:
    lines = output("simulate", policy_file).splitlines()
    assert lines[0] == "Stricter: 1 comments of 1 days, 0 decided by people"
    assert "rule toxic: matches 1, decides 1 (queue)" in lines
    assert f"pass → queue: 1, such as {review.pk}" in lines
    said = next(line for line in lines if line.startswith(f"likely false alarm: comment {review.pk}, rule toxic: "))
    assert said.partition("rule toxic: ")[2].startswith("toxicity is 0.")
    assert "{" not in said


def test_a_simulation_of_a_version_is_printed_as_json(review: Review) -> None:
    found = json.loads(output("simulate", "7", "--json"))
    assert (found["policy"], found["comments"], found["changes"]) == (7, 1, [])


def test_the_scope_is_taken_from_the_options(review: Review, policy_file: str) -> None:
    scopes = (("--since", "2021-11-17"), ("--until", "2021-11-16"), ("--section", "Sport"))
    assert [json.loads(output("simulate", policy_file, "--json", *scope))["comments"] for scope in scopes] == [0, 0, 0]
    assert json.loads(output("simulate", policy_file, "--json", "--source", "harbor-times"))["comments"] == 1


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        (("--until", "yesterday"), "--until: yesterday is not a date"),
        (("--source", "nowhere"), "there is no source nowhere"),
    ],
)
def test_a_bad_scope_is_named(review: Review, policy_file: str, arguments: tuple[str, str], refusal: str) -> None:
    with pytest.raises(CommandError, match=refusal):
        output("simulate", policy_file, *arguments)


def test_activating_says_what_is_left_to_do_and_does_it_if_told(review: Review, policy_file: str) -> None:
    ModelVersion.objects.update(attributes=["toxicity"])
    assert "`policy rejudge` judges again" in output("activate", policy_file)
    review.refresh_from_db()
    assert review.state == "passed"
    active = PolicyVersion.objects.get(active=True)
    active.active, active.status = False, PolicyStatus.RETIRED
    active.save()
    said = output("activate", str(active.version), "--rejudge")
    assert f"Version {active.version} of the policy: 1 verdicts judged again, 1 changed" in said
    review.refresh_from_db()
    assert review.state == "pending"


def test_activation_and_simulation_say_how_many_comments_lack_facts(review: Review, tmp_path: Path) -> None:
    shouted = {"id": "shouted", "when": {"all": [{"fact": "capitals", "gte": 0.6}]}, "action": "queue"}
    path = tmp_path / "shouted.json"
    path.write_text(json.dumps({**BODY, "rules": [shouted]}))
    lacking = "1 of 1 stored comments lack facts that its rules read: `review_facts` makes them."
    assert lacking in output("simulate", str(path)).splitlines()
    assert lacking in output("activate", str(path)).splitlines()
