"""Goals become numbers when a version is activated, and anew when another model is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db.models import F

from archive.models import Source
from moderation.models import ModelVersion, PolicyVersion, Review, Score, State
from moderation.services.errors import ServiceError
from moderation.services.policies.rollout import renewal
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.rollout.renewal import model_switch, policy_renew
from moderation.services.policies.versions import policy_create, policy_get

pytestmark = pytest.mark.django_db
GOAL = {"attribute": "toxicity", "goal": "maximum recall @ precision >= 0.8"}
QUEUE = {"attribute": "toxicity", "goal": "maximum match_rate @ queue_per_day <= 60"}
Archive = Callable[[int], None]


def goals(*conditions: dict[str, Any], **rule: Any) -> PolicyVersion:
    rules = [{"id": f"r{at}", "when": {"any": [one]}, "action": "queue", **rule} for at, one in enumerate(conditions)]
    return policy_create(body={"schema": 2, "name": "Goals", "rules": rules}, actor=None).version


def number(version: PolicyVersion, rule: int = 0) -> float:
    return float(version.body["rules"][rule]["when"]["any"][0]["gte"])


def test_a_goals_number_is_frozen_in_a_version_of_its_own_that_judges(decided_archive: Archive) -> None:
    decided_archive(700)
    version = goals(GOAL, QUEUE)
    active = policy_activate(version=version.version, actor=None)
    assert (active.version, active.status) == (version.version + 1, "active")
    assert 0.63 < number(active) <= 0.8
    assert Score.objects.filter(toxicity__gte=number(active, 1)).count() <= 60
    assert active.body["rules"][0]["when"]["any"] == [{**GOAL, "gte": number(active)}]
    assert f"toxicity from {number(active):g} (maximum recall @ precision >= 0.8, compact@" in active.note
    version.refresh_from_db()
    assert (version.status, "gte" in version.body["rules"][0]["when"]["any"][0]) == ("draft", False)


def test_a_frozen_number_stays_when_its_version_is_activated_again(decided_archive: Archive) -> None:
    version = goals({**GOAL, "gte": 0.31})
    assert number(policy_activate(version=version.version, actor=None)) == 0.31


def test_what_the_decisions_do_not_support_is_not_activated_and_says_how_many_would(decided_archive: Archive) -> None:
    decided_archive(60)
    version, before = goals(QUEUE, GOAL), PolicyVersion.objects.get(active=True)
    with pytest.raises(ServiceError, match=r"decisions so far do not support an answer\. About \d+ more") as caught:
        policy_activate(version=version.version, actor=None)
    assert [(one.pointer, one.code) for one in caught.value.errors] == [
        ("/rules/1/when/any/0/goal", "unsupported_goal")
    ]
    assert PolicyVersion.objects.get(active=True) == before
    assert PolicyVersion.objects.count() == version.version - before.version + 2


def test_a_goal_is_solved_from_the_decisions_in_its_rules_scope(decided_archive: Archive, elsewhere: Source) -> None:
    decided_archive(700)
    version = goals(GOAL, scope={"source": elsewhere.slug})
    with pytest.raises(ServiceError, match="the 0 decisions so far"):
        policy_activate(version=version.version, actor=None)


def test_the_second_person_rule_holds_for_the_version_with_the_numbers(decided_archive: Archive, settings: Any) -> None:
    decided_archive(60)
    ada, bo = User.objects.create_user("writer"), User.objects.create_user("second")
    for person in (ada, bo):
        person.groups.add(Group.objects.get(name="senior"))
    settings.POLICY_TWO_PEOPLE = True
    body = {"schema": 2, "name": "G", "rules": [{"id": "r", "when": {"any": [QUEUE]}, "action": "queue"}]}
    version = policy_create(body=body, actor=ada).version
    with pytest.raises(ServiceError, match="somebody other"):
        policy_activate(version=version.version, actor=ada)
    active = policy_activate(version=version.version, actor=bo)
    assert (active.author, active.activated_by) == (ada, bo)


@pytest.fixture
def spare(decided_archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelVersion]:
    """Another model, whose scores are the square of the first one's; activating it opens no files."""
    decided_archive(700)
    spare = ModelVersion.objects.create(name="spare", version=1, sha256="1" * 64, attributes=["toxicity"])
    for score in Score.objects.all():
        columns = {"comment_id": score.comment_id, "model": spare, "revision": 1, "text_hash": score.text_hash}
        Score.objects.create(**columns, toxicity=(score.toxicity or 0.0) ** 2)

    def activate(*, label: str) -> ModelVersion:
        assert label == "spare@1"
        ModelVersion.objects.update(active=False)
        ModelVersion.objects.filter(pk=spare.pk).update(active=True)
        spare.refresh_from_db()
        return spare

    monkeypatch.setattr(renewal, "model_activate", activate)
    return spare


def test_another_model_has_the_goals_resolved_anew_in_a_draft(spare: ModelVersion) -> None:
    active = policy_activate(version=goals(GOAL).version, actor=None)
    switch = model_switch(label="spare@1")
    assert switch.model == spare
    assert switch.renewal is not None
    draft = switch.renewal.version
    assert draft is not None
    assert (draft.status, draft.active, policy_get(version=active.version).status) == ("draft", False, "active")
    assert number(draft) == pytest.approx(number(active) ** 2, abs=0.01)
    assert "spare@1" in draft.note
    assert model_switch(label="spare@1").renewal is None


def test_a_model_without_scores_is_activated_all_the_same_with_the_reason(spare: ModelVersion) -> None:
    policy_activate(version=goals(GOAL).version, actor=None)
    Score.objects.filter(model=spare).delete()
    switch = model_switch(label="spare@1")
    assert (switch.model, switch.renewal) == (spare, None)
    assert switch.refusal is not None
    assert "toxicity by spare@1" in switch.refusal.detail


def test_numbers_that_are_the_same_make_no_version(decided_archive: Archive) -> None:
    decided_archive(700)
    active = policy_activate(version=goals(GOAL).version, actor=None)
    assert policy_renew(version=active.version).version is None
    Review.objects.filter(state=State.REJECTED, toxicity__lt=0.75).update(state=State.APPROVED)
    renewed = policy_renew(version=active.version).version
    assert renewed is not None
    assert number(renewed) > number(active)


def test_the_command_says_what_became_of_the_goals(spare: ModelVersion) -> None:
    active = policy_activate(version=goals(GOAL).version, actor=None)
    first = ModelVersion.objects.get(active=True)
    lines = _model("spare@1")
    assert lines[0].startswith("spare@1 is active.")
    assert lines[1].startswith("toxicity by spare@1, maximum recall @ precision >= 0.8: match from 0.")
    assert lines[2].startswith(f"Version {active.version + 1} of the policy is a draft")
    Score.objects.filter(model=spare).delete()
    ModelVersion.objects.update(active=False)
    ModelVersion.objects.filter(pk=first.pk).update(active=True)
    lines = _model("spare@1")
    assert lines[1].startswith("The goals of the active policy have no number for this model yet")
    assert "toxicity by spare@1" in lines[2]
    assert "`policy resolve`" in lines[3]


def _model(label: str) -> list[str]:
    out = StringIO()
    call_command("model", "activate", label, stdout=out)
    return out.getvalue().splitlines()


def test_a_goal_is_worked_out_apart_for_the_languages_of_each_model(decided_archive: Archive, settings: Any) -> None:
    settings.MODERATION_MODELS = ["compact", "second"]
    decided_archive(1400)
    columns = {"sha256": "0" * 64, "attributes": ["toxicity"], "languages": ["tr", "ru"], "active": True}
    other = ModelVersion.objects.create(name="second", version=1, **columns)
    every = list(Score.objects.order_by("pk").values_list("pk", flat=True))
    ids = [pk for at, pk in enumerate(every) if at % 4 < 2]
    # The other model's scores say the same on another scale.
    Score.objects.filter(pk__in=ids).update(model=other, language="tr", toxicity=F("toxicity") / 2)
    Review.objects.filter(score__in=ids).update(toxicity=F("toxicity") / 2)
    active = policy_activate(version=goals(GOAL).version, actor=None)
    [condition] = active.body["rules"][0]["when"]["any"]
    assert set(condition["by_language"]) == {"tr", "ru"}
    assert 0.6 < condition["gte"] <= 0.8
    assert condition["by_language"]["tr"] == pytest.approx(condition["gte"] / 2, abs=0.05)
    assert "in tr from" in active.note


def test_where_another_models_decisions_support_no_number_its_languages_have_the_first_ones(
    decided_archive: Archive, settings: Any
) -> None:
    settings.MODERATION_MODELS = ["compact", "second"]
    decided_archive(700)
    columns = {"sha256": "0" * 64, "attributes": ["toxicity"], "languages": ["tr"], "active": True}
    ModelVersion.objects.create(name="second", version=1, **columns)
    active = policy_activate(version=goals(GOAL).version, actor=None)
    assert "by_language" not in active.body["rules"][0]["when"]["any"][0]
