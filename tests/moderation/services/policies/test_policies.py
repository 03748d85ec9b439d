"""Versions of the policy: written, refused, tested, activated by whom they may be."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from archive.models import Comment, Source
from moderation.models import ApiKey, ModelVersion, PolicyVersion, Review
from moderation.policies import BUILT_IN_POLICY
from moderation.services.accounts.api_keys import api_key_create
from moderation.services.errors import ServiceError
from moderation.services.online_scoring.posted import comments_admit
from moderation.services.policies import catalogue
from moderation.services.policies.catalogue import policy_catalogue
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.versions import policy_create, policy_get
from moderation.services.verdicts.policy import policy_active

pytestmark = pytest.mark.django_db
TOXIC = {"attribute": "toxicity", "gte": 0.5}
INSULT = "You are a stupid idiot and everybody hates you."


def body(action: str = "queue", *tests: dict[str, Any], when: Any = None, **more: Any) -> dict[str, Any]:
    rules = [{"id": "r", "when": when or {"any": [TOXIC]}, "action": action, **more}]
    return {"schema": 2, "name": "Ours", "rules": rules, **({"tests": list(tests)} if tests else {})}


@pytest.fixture
def person() -> Callable[..., User]:
    """A person of a role."""

    def make(role: str, name: str = "") -> User:
        user = User.objects.create_user(name or f"{role}-{User.objects.count()}")
        user.groups.add(Group.objects.get(name=role))
        return user

    return make


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[str, list[str], str]:
    """The code, the pointers and the detail with which a service refuses."""
    with pytest.raises(ServiceError) as caught:
        call(**arguments)
    error = caught.value
    return error.code, [one.pointer for one in error.errors], error.detail


def test_a_policy_is_saved_as_a_draft_and_only_once(person: Callable[..., User]) -> None:
    ada = person("senior")
    saved = policy_create(body=body(), actor=ada, note="Tried.")
    version = policy_get(version=2)
    assert (saved.version, saved.created, saved.warnings) == (version, True, ())
    assert (version.status, version.active, version.author, version.note) == ("draft", False, ada, "Tried.")
    again = policy_create(body=copy.deepcopy(body()), actor=None)
    assert (again.version.version, again.created) == (2, False)
    assert policy_create(body=BUILT_IN_POLICY, actor=None).version.version == 3


def test_what_is_wrong_with_a_policy_keeps_it_from_being_saved() -> None:
    assert refusal(policy_create, body=body("delete"), actor=None)[:2] == ("validation_error", ["/rules/0/action"])
    unknown = body(when={"any": [{"attribute": "wit", "gte": 0.5}, {"source": ["nowhere"]}]})
    pointers = ["/rules/0/when/any/0/attribute", "/rules/0/when/any/1/source"]
    assert refusal(policy_create, body=unknown, actor=None)[:2] == ("validation_error", pointers)
    assert refusal(policy_create, body=body(), actor=None, note="n" * 501)[1] == ["/note"]
    assert PolicyVersion.objects.count() == 1


def test_warnings_are_returned_with_the_version(article: Any) -> None:
    saved = policy_create(body=body(when={"any": [{"section": ["Nowhere"]}]}), actor=None)
    assert [(one.code, one.rule) for one in saved.warnings] == [("unknown_section", "r")]


def test_the_catalogue_has_the_ends_of_the_newest_scores(
    make_review: Callable[..., Any], make_comment: Callable[..., Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "SCORES_NEEDED", 3)
    ModelVersion.objects.update(attributes=["toxicity"])
    for toxicity in (0.2, 0.7):
        make_review(make_comment(), toxicity=toxicity)
    assert policy_catalogue().attributes == {"toxicity": None}
    make_review(make_comment(), toxicity=0.4)
    assert policy_catalogue().attributes == {"toxicity": (0.2, 0.7)}
    saved = policy_create(body=body(when={"any": [{"attribute": "toxicity", "gte": 0.9}]}), actor=None)
    assert [one.code for one in saved.warnings] == ["beyond_scores"]


def test_activating_retires_the_version_before_and_judges_from_then_on(person: Callable[..., User]) -> None:
    ada = person("senior")
    version = policy_create(body=body("hold"), actor=None).version.version
    activated = policy_activate(version=version, actor=ada)
    assert (activated.status, activated.activated_by) == ("active", ada)
    assert activated.activated_at is not None
    assert policy_get(version=1).status == "retired"
    row, policy = policy_active()
    assert (row.version, policy.version, policy.rules[0].action) == (2, 2, "hold")
    assert refusal(policy_activate, version=2, actor=ada)[0] == "conflict"
    assert policy_activate(version=1, actor=ada).version == 1
    assert refusal(policy_activate, version=9, actor=ada)[0] == "not_found"


def test_a_version_whose_tests_fail_is_not_activated() -> None:
    tests = [
        {"name": "calm", "text": "Thank you for this article about the harbor.", "expect": "pass"},
        {"name": "rude", "text": INSULT, "expect": "reject"},
        {"name": "given", "scores": {"toxicity": 0.5}, "expect": "queue"},
        {"name": "mute", "text": "!!!", "expect": "queue"},
    ]
    policy_create(body=body("queue", *tests), actor=None)
    code, pointers, detail = refusal(policy_activate, version=2, actor=None)
    assert (code, pointers, detail) == ("validation_error", ["/tests/1/expect"], "1 of the policy's 4 tests fail.")
    tests[1]["expect"] = "queue"
    policy_create(body=body("queue", *tests), actor=None)
    assert policy_activate(version=3, actor=None).active


def test_facts_of_a_test_are_taken_as_given_and_the_others_from_its_text() -> None:
    when = {"all": [{"fact": "links", "gte": 1}, {"commenter": "new"}, {"language": ["en"]}]}
    text = "Read https://example.org/ about the harbor before you write such a comment, please."
    new = {"commenter": {"approved": 0}}
    tests = [
        {"text": text, "facts": new, "expect": "hold"},
        {"text": text, "expect": "pass"},
        {"text": text, "facts": {**new, "links": 0}, "expect": "pass"},
    ]
    policy_create(body=body("hold", *tests, when=when), actor=None)
    assert policy_activate(version=2, actor=None).active


@pytest.mark.parametrize("action", ["approve", "reject", "highlight"])
def test_rules_that_act_without_a_person_take_a_right_of_their_own(person: Callable[..., User], action: str) -> None:
    policy_create(body=body(action), actor=None)
    code, pointers, _ = refusal(policy_activate, version=2, actor=person("senior"))
    assert (code, pointers) == ("permission_denied", ["/rules/0/action"])
    assert policy_activate(version=2, actor=person("administrator")).active


def test_a_key_lets_rules_act_with_its_scope_alone() -> None:
    policy_create(body=body("reject"), actor=None)
    plain, _ = api_key_create(name="plain", scopes=["policy_activate"])
    full, _ = api_key_create(name="full", scopes=["policy_activate", "policy_automate"])
    assert refusal(policy_activate, version=2, actor=plain.user, key=plain)[0] == "permission_denied"
    assert policy_activate(version=2, actor=full.user, key=full).active


def test_a_second_person_activates_where_the_setting_asks_for_one(person: Callable[..., User], settings: Any) -> None:
    settings.POLICY_TWO_PEOPLE = True
    ada, bo = person("senior"), person("senior")
    policy_create(body=body("hold"), actor=ada)
    policy_create(body=body("queue"), actor=None)
    for version, actor in ((2, ada), (2, None), (3, bo)):
        assert refusal(policy_activate, version=version, actor=actor)[0] == "permission_denied"
    assert policy_activate(version=2, actor=bo).active
    assert policy_activate(version=1, actor=ada).active


def test_a_key_is_neither_of_two_people(person: Callable[..., User], settings: Any) -> None:
    settings.POLICY_TWO_PEOPLE = True
    ada, bo = person("senior"), person("senior")
    key, _ = api_key_create(name="deploy", scopes=["policy", "policy_activate"])
    by_key = {"actor": key.user, "key": key}
    policy_create(body=body("hold"), actor=ada)
    policy_create(body=body("queue"), **by_key)
    assert refusal(policy_activate, version=2, **by_key)[0] == "permission_denied"
    assert refusal(policy_activate, version=3, actor=bo)[0] == "permission_denied"
    assert policy_activate(version=2, actor=bo).active


def test_whoever_is_limited_to_sources_writes_and_activates_none(
    person: Callable[..., User], limited_to: Callable[..., User], source: Source
) -> None:
    policy_create(body=body(), actor=None)
    limited = limited_to(source)
    key, _ = api_key_create(name="limited", scopes=["policy", "policy_activate"], sources=[source])
    for who in ({"actor": limited}, {"actor": key.user, "key": ApiKey.objects.get()}):
        assert refusal(policy_create, body=body("hold"), **who)[0] == "permission_denied"
        assert refusal(policy_activate, version=2, **who)[0] == "permission_denied"


def test_a_comment_is_judged_by_the_version_that_is_active_and_its_verdict_names_it(
    make_comment: Callable[..., Comment],
) -> None:
    policy_create(body=body("hold"), actor=None)
    policy_activate(version=2, actor=None)
    comment = make_comment(INSULT)
    with comments_admit(texts=[comment.text]) as posted:
        posted.score(comment_ids=[comment.pk], deadline=time.monotonic() + 60)
    review = Review.objects.get(comment=comment)
    assert (review.verdict["policy"], review.verdict["rule"], review.policy) == (2, "r", policy_get(version=2))
    assert review.held
