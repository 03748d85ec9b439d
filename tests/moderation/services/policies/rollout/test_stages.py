"""A version's way from the draft into effect: who may, what is refused, what each stage does to what comes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.utils import timezone

from moderation.models import ApiKey, PolicyVersion, Review, Rollout, ShadowVerdict
from moderation.policies.rollout import in_share
from moderation.services.accounts.api_keys import api_key_create
from moderation.services.errors import ServiceError
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.rollout.brakes import brake_notices
from moderation.services.policies.rollout.stages import policy_retire, policy_revert, policy_rollout, policy_shadow
from moderation.services.policies.shadow_report import shadow_report
from moderation.services.policies.versions import policy_get
from moderation.services.review.decisions import decision_record
from moderation.services.verdicts.trial import candidate, shadow

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]


@pytest.fixture
def senior() -> User:
    """Somebody who may activate policies, but not such as act without a person."""
    user = User.objects.create_user("ada")
    user.groups.add(Group.objects.get(name="senior"))
    return user


@pytest.fixture
def active(write_policy: Make) -> int:
    """The active version: it queues from 0.8 on."""
    version: int = policy_activate(version=write_policy(("q", "queue", 0.8)), actor=None).version
    return version


def refused(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ServiceError) as caught:
        call(**arguments)
    return caught.value.code


def test_a_version_goes_from_draft_to_shadow_to_a_share_to_active_to_retired(active: int, write_policy: Make) -> None:
    version = write_policy(("q", "queue", 0.5))
    assert policy_get(version=version).status == "draft"
    assert refused(policy_rollout, version=version, percent=10, actor=None) == "conflict"
    assert policy_shadow(version=version, actor=None).status == "shadow"
    assert refused(policy_shadow, version=version, actor=None) == "conflict"
    row = policy_rollout(version=version, percent=10, actor=None)
    assert (row.status, row.rollout.percent, row.active) == ("rollout", 10, False)
    assert policy_rollout(version=version, percent=30, actor=None).rollout.percent == 30
    assert policy_activate(version=version, actor=None).status == "active"
    assert policy_get(version=active).status == "retired"
    assert refused(policy_retire, version=version, actor=None) == "conflict"
    assert refused(policy_shadow, version=version, actor=None) == "conflict"
    assert refused(policy_retire, version=active, actor=None) == "conflict"
    assert policy_shadow(version=active, actor=None).status == "shadow"
    assert policy_retire(version=active, actor=None).status == "retired"


def test_a_candidate_goes_back_into_shadow_and_has_no_share_then(active: int, write_policy: Make) -> None:
    version = write_policy(("q", "queue", 0.5))
    policy_shadow(version=version, actor=None)
    policy_rollout(version=version, percent=100, actor=None)
    assert policy_shadow(version=version, actor=None).rollout.percent == 0


def test_there_is_one_candidate_at_a_time_by_the_service_and_by_the_database(active: int, write_policy: Make) -> None:
    one, other = write_policy(("q", "queue", 0.5)), write_policy(("q", "queue", 0.6))
    policy_shadow(version=one, actor=None)
    assert refused(policy_shadow, version=other, actor=None) == "conflict"
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.filter(version=other).update(status="rollout")
    policy_retire(version=one, actor=None)
    assert policy_shadow(version=other, actor=None).status == "shadow"


@pytest.mark.parametrize("percent", [0, -1, 101])
def test_a_share_is_one_to_a_hundred_percent(active: int, write_policy: Make, percent: int) -> None:
    version = write_policy(("q", "queue", 0.5))
    policy_shadow(version=version, actor=None)
    assert refused(policy_rollout, version=version, percent=percent, actor=None) == "validation_error"


def test_rules_that_act_alone_are_put_into_shadow_by_whom_may_activate_but_take_effect_by_who_may_automate(
    active: int, write_policy: Make, senior: User
) -> None:
    version = write_policy(("r", "reject", 0.9))
    policy_shadow(version=version, actor=senior)
    assert refused(policy_rollout, version=version, percent=10, actor=senior) == "permission_denied"
    key, _ = api_key_create(name="k", scopes=["policy_activate"])
    assert refused(policy_rollout, version=version, percent=10, actor=None, key=key) == "permission_denied"
    ApiKey.objects.filter(pk=key.pk).update(scopes=["policy_activate", "policy_automate"])
    key.refresh_from_db()
    assert policy_rollout(version=version, percent=10, actor=None, key=key).status == "rollout"


def test_a_second_person_gives_the_share_if_two_are_asked_for(
    active: int, write_policy: Make, senior: User, settings: Any
) -> None:
    settings.POLICY_TWO_PEOPLE = True
    version = write_policy(("q", "queue", 0.5), author=senior)
    policy_shadow(version=version, actor=senior)
    assert refused(policy_rollout, version=version, percent=10, actor=senior) == "permission_denied"
    assert refused(policy_rollout, version=version, percent=10, actor=None) == "permission_denied"
    other = User.objects.create_user("bert")
    other.groups.add(Group.objects.get(name="senior"))
    row = policy_rollout(version=version, percent=10, actor=other)
    assert (row.status, row.activated_by) == ("rollout", other)


def test_whoever_is_limited_to_some_sources_changes_no_stage(
    active: int, write_policy: Make, limited_to: Make, source: Any
) -> None:
    version, user = write_policy(("q", "queue", 0.5)), limited_to(source)
    assert refused(policy_shadow, version=version, actor=user) == "permission_denied"
    assert refused(policy_retire, version=version, actor=user) == "permission_denied"
    assert refused(policy_revert, version=version, rule="q", actor=user) == "permission_denied"
    assert policy_get(version=version).status == "draft"


def test_a_shadow_judges_all_that_comes_and_changes_nothing(active: int, write_policy: Make, arrive: Make) -> None:
    version = write_policy(("r", "reject", 0.5))
    policy_shadow(version=version, actor=None)
    reviews = arrive(0.9, 0.6, 0.1)
    assert [one.state for one in reviews] == ["pending", "passed", "passed"]
    assert {one.policy.version for one in reviews} == {active}
    said = ShadowVerdict.objects.order_by("comment").values_list(
        "action", "rule", "active_action", "active_rule", "effective"
    )
    assert list(said) == [
        ("reject", "r", "queue", "q", False),
        ("reject", "r", "pass", "", False),
        ("pass", "", "pass", "", False),
    ]


def test_a_share_is_judged_by_the_candidate_and_the_rest_by_the_active_version(
    active: int, write_policy: Make, arrive: Make
) -> None:
    version = write_policy(("h", "hold", 0.5))
    policy_shadow(version=version, actor=None)
    policy_rollout(version=version, percent=50, actor=None)
    reviews = arrive(*[0.6] * 30)
    within = {one.pk for one in reviews if in_share(version=version, comment=one.pk, percent=50)}
    assert 0 < len(within) < 30
    for one in reviews:
        inside = one.pk in within
        assert (one.policy.version, one.held) == (version if inside else active, inside)
    assert set(ShadowVerdict.objects.filter(effective=True).values_list("comment_id", flat=True)) == within
    assert ShadowVerdict.objects.count() == 30


def test_a_candidate_that_fails_is_counted_and_the_active_version_judges(
    active: int, write_policy: Make, arrive: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = write_policy(("h", "hold", 0.5))
    policy_shadow(version=version, actor=None)
    policy_rollout(version=version, percent=100, actor=None)

    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(candidate, "judge", fail)
    reviews = arrive(0.9, 0.6)
    assert [(one.policy.version, one.state, one.held) for one in reviews] == [
        (active, "pending", False),
        (active, "passed", False),
    ]
    assert Rollout.objects.get(policy__version=version).failures == 2
    assert not ShadowVerdict.objects.exists()


def test_a_candidate_that_cannot_be_read_falls_to_the_active_version(
    active: int, write_policy: Make, arrive: Make
) -> None:
    version = write_policy(("h", "hold", 0.5))
    policy_shadow(version=version, actor=None)
    policy_rollout(version=version, percent=100, actor=None)
    PolicyVersion.objects.filter(version=version).update(body={"schema": 99}, sha256="f" * 64)
    assert [one.policy.version for one in arrive(0.9)] == [active]
    assert Rollout.objects.get(policy__version=version).failures == 1


def test_shadow_verdicts_are_bounded_and_the_newest_stay(
    active: int, write_policy: Make, arrive: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "SHADOW_ROWS", 10)
    monkeypatch.setattr(shadow, "TRIMMED", 1)
    policy_shadow(version=write_policy(("q", "queue", 0.5)), actor=None)
    for _ in range(6):
        newest = arrive(*[0.1] * 5)
    assert ShadowVerdict.objects.count() == 10
    assert {one.pk for one in newest} <= set(ShadowVerdict.objects.values_list("comment_id", flat=True))


def test_a_shadow_costs_one_query_a_batch_and_none_a_comment(active: int, write_policy: Make, arrive: Any) -> None:
    def asked(number: int) -> int:
        # A policy is read once.
        arrive(0.6)
        arrive(*[0.6] * number)
        return int(arrive.queries)

    alone = asked(10)
    policy_shadow(version=write_policy(("r", "reject", 0.5)), actor=None)
    # As many as SQLite takes in one statement.
    assert (asked(10), asked(20)) == (alone + 1, alone + 1)


def test_the_report_joins_what_a_candidate_said_with_what_people_decided(
    active: int, write_policy: Make, arrive: Make, senior: User
) -> None:
    version = write_policy(("r", "reject", 0.9))
    policy_shadow(version=version, actor=None)
    reviews = arrive(*[0.95] * 40, *[0.85] * 40, *[0.1] * 20)
    for one in reviews[:80]:
        decision_record(comment_id=one.pk, action="reject" if one.toxicity > 0.9 else "approve", actor=senior)
    report = shadow_report(version=policy_get(version=version))
    assert report.compared == 100
    assert report.actions == [
        {"active": "queue", "candidate": "pass", "comments": 40},
        {"active": "queue", "candidate": "reject", "comments": 40},
        {"active": "pass", "candidate": "pass", "comments": 20},
    ]
    assert {one["rule"]: one["comments"] for one in report.rules} == {"": 60, "r": 40}
    ours, theirs = report.estimates
    assert (ours["of"], ours["decided"], ours["precision"]["value"]) == ("candidate", 80, 1.0)
    assert (theirs["of"], theirs["precision"]["value"]) == ("active", 0.5)
    assert ours["precision"]["low"] < 1.0 <= ours["precision"]["high"]


def test_a_young_version_is_braked_before_its_third_comment_of_a_twentieth(
    active: int, write_policy: Make, arrive: Make, senior: User
) -> None:
    version = write_policy(("r", "reject", 0.5), author=senior)
    policy_activate(version=version, actor=None)
    assert [one.state for one in arrive(0.9, 0.9)] == ["rejected", "rejected"]
    assert brake_notices(user=senior) == []
    reviews = arrive(0.9, *[0.1] * 9)
    assert (reviews[0].state, reviews[0].decided_by) == ("pending", "")
    assert (reviews[0].verdict["action"], reviews[0].verdict["braked"]) == ("queue", "reject")
    (notice,) = brake_notices(user=senior)
    assert (notice.version, notice.automatic, notice.judged) == (version, 3, 12)
    assert brake_notices(user=User.objects.create_user("bert")) == []
    assert arrive(0.9)[0].state == "pending"
    assert Review.objects.filter(state="rejected").count() == 2


def test_a_version_that_acts_seldom_is_not_braked(active: int, write_policy: Make, arrive: Make) -> None:
    policy_activate(version=write_policy(("r", "reject", 0.5)), actor=None)
    arrive(*[0.1] * 60)
    assert [one.state for one in arrive(0.9, 0.9, 0.9)] == ["rejected"] * 3
    assert not Rollout.objects.braked().exists()


def test_a_version_that_is_a_day_old_is_watched_no_longer(active: int, write_policy: Make, arrive: Make) -> None:
    policy_activate(version=write_policy(("r", "reject", 0.5)), actor=None)
    Rollout.objects.update(effective_at=timezone.now() - timedelta(hours=25))
    assert [one.state for one in arrive(*[0.9] * 5)] == ["rejected"] * 5


def test_a_person_takes_the_brake_off_and_it_stays_off(active: int, write_policy: Make, arrive: Make) -> None:
    version = write_policy(("r", "reject", 0.5))
    policy_activate(version=version, actor=None)
    assert refused(policy_activate, version=version, actor=None) == "conflict"
    assert {one.state for one in arrive(*[0.9] * 5)} == {"pending"}
    assert policy_activate(version=version, actor=None).rollout.braked_at is None
    assert {one.state for one in arrive(*[0.9] * 5)} == {"rejected"}


def test_a_candidate_is_braked_by_what_it_did_in_its_own_share(active: int, write_policy: Make, arrive: Make) -> None:
    version = write_policy(("r", "reject", 0.5))
    policy_shadow(version=version, actor=None)
    arrive(*[0.9] * 10)
    policy_rollout(version=version, percent=50, actor=None)
    assert "rejected" not in {one.state for one in arrive(*[0.9] * 30)}
    assert list(Rollout.objects.braked().values_list("policy__version", flat=True)) == [version]
    policy_retire(version=version, actor=None)
    assert not Rollout.objects.braked().exists()
