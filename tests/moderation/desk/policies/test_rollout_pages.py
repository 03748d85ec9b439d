"""The pages of a version's rollout: its stage and how it is changed, what its rules hit, samples, and taking back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from archive.models import Article, Source
from moderation.models import PolicyVersion, Review, Rollout
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.rollout.stages import policy_rollout, policy_shadow
from moderation.services.policies.versions import policy_create
from moderation.services.review.decisions import decision_record

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]
MOST_QUERIES = 26
HOSTILE = '<img src=x onerror="alert(1)">'


def page(client: Client, name: str, version: int, **parameters: str) -> str:
    response = client.get(reverse(f"desk:{name}", args=[version]), parameters)
    assert response.status_code == 200
    return response.content.decode()


def act(client: Client, version: int, **posted: Any) -> Any:
    return client.post(reverse("desk:policy-rollout", args=[version]), posted, follow=True)


def status(version: int) -> tuple[str, int]:
    row = PolicyVersion.objects.select_related("rollout").get(version=version)
    return row.status, row.rollout.percent


def test_a_version_is_put_on_by_degrees_by_its_buttons(administrator: Client, active: int, write_policy: Make) -> None:
    version = write_policy(("h", "hold", 0.5))
    assert "It is a draft: it judges nothing." in page(administrator, "policy-rollout", version)
    answer = act(administrator, version, act="shadow")
    assert f"Version {version} is in shadow" in answer.content.decode()
    assert f"It judges all that comes beside version {active}" in answer.content.decode()
    answer = act(administrator, version, act="rollout", percent="10 %")
    assert f"Version {version} judges 10 % of the comments that come." in answer.content.decode()
    assert status(version) == ("rollout", 10)
    act(administrator, version, act="rollout", percent="30")
    assert status(version) == ("rollout", 30)
    act(administrator, version, act="shadow")
    assert status(version) == ("shadow", 0)
    act(administrator, version, act="retire")
    assert status(version) == ("retired", 0)
    act(administrator, version, act="shadow")
    act(administrator, version, act="activate")
    assert status(version)[0] == "active"
    assert PolicyVersion.objects.get(version=version).activated_by == User.objects.get(username="administrator-0")


@pytest.mark.parametrize("percent", ["", "0", "101", "ten", "1.5", "-3", "9999", "٣"])
def test_a_share_that_is_none_is_refused_and_stays_as_it_was_typed(
    administrator: Client, active: int, write_policy: Make, percent: str
) -> None:
    version = write_policy(("h", "hold", 0.5))
    policy_shadow(version=version, actor=None)
    answer = act(administrator, version, act="rollout", percent=percent)
    assert answer.status_code == 400
    assert "percent" in answer.content.decode().split('role="alert"')[1].split("</div>")[0]
    assert status(version) == ("shadow", 0)
    assert not percent or f'value="{percent}"' in answer.content.decode()


def test_buttons_are_there_only_for_what_may_be_done(
    administrator: Client, staff: Make, source: Source, active: int, write_policy: Make
) -> None:
    version = write_policy(("r", "reject", 0.9))

    def offered(client: Client, number: int = version) -> set[str]:
        text = page(client, "policy-rollout", number)
        return {name for name in ("shadow", "rollout", "activate", "retire") if f'value="{name}"' in text}

    assert offered(administrator) == {"shadow", "activate", "retire"}
    assert offered(administrator, active) == set()
    # Who may let no rule act without a person tries it in shadow all the same.
    assert offered(staff("senior")) == {"shadow", "retire"}
    for other in (staff("viewer"), staff("moderator"), staff("administrator", source)):
        assert offered(other) == set()
        assert other.post(reverse("desk:policy-rollout", args=[version]), {"act": "shadow"}).status_code == 403
    policy_shadow(version=version, actor=None)
    assert offered(administrator) == {"rollout", "activate", "retire"}
    second = write_policy(("h", "hold", 0.5))
    assert offered(administrator, second) == {"activate", "retire"}
    assert f"Version {version} is the candidate (in shadow)" in page(administrator, "policy-rollout", second)
    assert act(administrator, second, act="shadow").status_code == 409
    assert PolicyVersion.objects.get(version=second).status == "draft"


def test_the_second_persons_consent_is_asked_for_where_the_setting_says_so(
    administrator: Client, staff: Make, active: int, write_policy: Make, settings: Any
) -> None:
    settings.POLICY_TWO_PEOPLE = True
    author = User.objects.get(username="administrator-0")
    version = write_policy(("h", "hold", 0.5), author=author)
    text = page(administrator, "policy-rollout", version)
    assert "You wrote this version: another person has to give it a share or activate it." in text
    assert 'value="activate"' not in text
    assert act(administrator, version, act="activate").status_code == 403
    assert act(administrator, version, act="shadow").status_code == 200
    assert act(administrator, version, act="rollout", percent="5").status_code == 403
    second = staff("administrator")
    assert "whoever gives it a share or activates it is another person than its author" in page(
        second, "policy-rollout", version
    )
    act(second, version, act="rollout", percent="5")
    assert status(version) == ("rollout", 5)


def test_the_brake_is_told_on_the_page_and_taken_off_by_its_button(
    administrator: Client, active: int, arrive: Make
) -> None:
    Rollout.objects.update(braked_at=timezone.now(), judged=1234, automatic=300)
    text = page(administrator, "policy-rollout", active)
    assert "The brake is on." in text
    assert "without a person on 300 of 1,234 comments" in text
    assert "Take the brake off" in text
    act(administrator, active, act="activate")
    assert Rollout.objects.get().braked_at is None
    assert "The brake is on." not in page(administrator, "policy-rollout", active)


def test_each_rule_shows_its_hits_beside_the_version_before(
    administrator: Client, active: int, write_policy: Make, arrive: Make
) -> None:
    today = timezone.now()
    arrive(0.95, 0.6, 0.1, 0.1, created_at=today)
    version = write_policy(("q", "queue", 0.4), ("new", "hold", 0.2))
    policy_activate(version=version, actor=None)
    arrive(0.45, 0.3, 0.3, 0.1, created_at=today)
    text = page(administrator, "policy-rollout", version)
    lines = text.split('<li class="policy-rule">')[1:]
    names = ["<bdi>q</bdi>", "<bdi>new</bdi>", "<bdi>r</bdi>", "No rule matched"]
    assert [name in line for name, line in zip(names, lines, strict=True)] == [True] * 4
    shares = [("1", "1"), ("2", "0"), ("0", "1"), ("1", "2")]
    for line, (own, before) in zip(lines, shares, strict=True):
        assert f"this version: <b>{own} of 4 comments" in line
        assert f"version {active}: <b>{before} of 4 comments" in line
    assert "<b>2 of 4 comments (50.0 %)</b>" in lines[1]
    assert f"only in version {active}" in lines[2]
    assert 'd="M270 40v-40h8v40z"' in lines[1]
    assert "not enough data to tell" in lines[0]


def test_an_alarm_is_told_in_words(administrator: Client, active: int, arrive: Make) -> None:
    now = timezone.now()
    for back in range(1, 9):
        arrive(0.6, *[0.1] * 39, created_at=now - timedelta(days=back))
    arrive(*[0.6] * 20, *[0.1] * 20, created_at=now)
    text = page(administrator, "policy-rollout", active)
    told = next(line for line in text.split('<li class="policy-rule">') if "<bdi>q</bdi>" in line)
    assert "<b>Alarm:</b>" in told
    assert "<b>more than before</b>: 20 of 40 comments (50.0 %)" in told


def test_a_candidate_shows_what_it_would_have_done_and_what_people_decided(
    administrator: Client, active: int, write_policy: Make, arrive: Make
) -> None:
    version = write_policy(("h", "hold", 0.5))
    policy_shadow(version=version, actor=None)
    empty = page(administrator, "policy-rollout", version)
    assert "Beside the active version" in empty
    reviews = arrive(0.95, *[0.6] * 39, 0.1)
    Rollout.objects.filter(policy__version=version).update(failures=2)
    ada = User.objects.create_superuser("ada")
    for one in reviews[1:40]:
        decision_record(comment_id=one.pk, action="reject", actor=ada)
    text = page(administrator, "policy-rollout", version)
    assert "It failed on 2 comments" in text
    said = text.split("How often which actions met")[2]
    assert "<td>send it to the queue</td><td>hold it until a person has decided" in said
    assert "<td>39</td>" in said
    assert "100.0 % (" in text.split("As people decided since")[-1]
    assert "Beside the active version" not in page(administrator, "policy-rollout", active)


def test_a_rule_has_samples_of_both_versions_and_its_days(
    administrator: Client, active: int, write_policy: Make, arrive: Make
) -> None:
    (old,) = arrive(0.6, created_at=timezone.now())
    version = write_policy(("q", "queue", 0.4))
    policy_activate(version=version, actor=None)
    new = arrive(*[0.45] * 51, created_at=timezone.now())
    text = page(administrator, "policy-rule", version, rule="q")
    own, before = text.split('id="before-heading"')
    assert "If toxicity is at least 0.4, send the comment to the queue." in own
    assert own.count('class="thread-line"') == 50
    assert f">#{new[-1].pk}</a>" in own
    assert f">#{new[0].pk}</a>" not in own
    assert before.split("days-heading")[0].count('class="thread-line"') == 1
    assert f">#{old.pk}</a>" in before
    assert "<td>51</td><td>51</td><td>1</td><td>1</td>" in text
    assert "This version does not have the rule." in page(administrator, "policy-rule", version, rule="r")
    assert "No rule of version" in page(administrator, "policy-rule", version)
    unknown = administrator.get(reverse("desk:policy-rule", args=[version]), {"rule": "x"})
    assert unknown.status_code == 404


def test_samples_are_of_the_persons_own_sources_and_hostile_text_stays_text(
    staff: Make, source: Source, elsewhere: Source, active: int, arrive: Make
) -> None:
    (own,) = arrive(0.6)
    Review.objects.filter(pk=own.pk).get().comment.__class__.objects.filter(pk=own.pk).update(text=HOSTILE)
    article = Article.objects.create(source=elsewhere, external_id="a2", title="t")
    (foreign,) = arrive(0.6, source=elsewhere, article=article, commenter=None)
    text = page(staff("viewer", source), "policy-rule", active, rule="q")
    assert f">#{own.pk}</a>" in text
    assert f">#{foreign.pk}</a>" not in text
    assert "&lt;img src=x" in text
    assert HOSTILE not in text
    assert f">#{foreign.pk}</a>" in page(staff("viewer"), "policy-rule", active, rule="q")


def test_the_pages_cost_as_many_queries_with_many_rules_and_comments_as_with_few(
    administrator: Client, active: int, write_policy: Make, arrive: Make
) -> None:
    def costs(version: int) -> list[int]:
        counts = []
        for name, parameters in (("policy-rollout", {}), ("policy-rule", {"rule": "q"})):
            with CaptureQueriesContext(connection) as queries:
                page(administrator, name, version, **parameters)
            counts.append(len(queries))
        return counts

    now = timezone.now()
    arrive(0.6, created_at=now)
    few = policy_activate(version=write_policy(("q", "queue", 0.5)), actor=None).version
    arrive(0.6, created_at=now)
    page(administrator, "policy-rollout", few)
    cheap = costs(few)
    many = write_policy(("q", "queue", 0.95), *((f"r{at}", "queue", 0.95 - at / 60) for at in range(1, 31)))
    policy_activate(version=many, actor=None)
    arrive(*(0.96 - at / 60 for at in range(50)), created_at=now)
    assert costs(many) == cheap
    assert max(cheap) <= MOST_QUERIES


def test_a_policys_own_words_stay_text(administrator: Client, active: int) -> None:
    rule = {"id": "x", "when": {"any": [{"attribute": "toxicity", "gte": 0.5}]}, "action": "queue"}
    body = {"schema": 2, "name": HOSTILE, "rules": [rule]}
    version = policy_create(body=body, actor=None, note=HOSTILE).version.version
    policy_shadow(version=version, actor=None)
    policy_rollout(version=version, percent=10, actor=None)
    text = page(administrator, "policy-rollout", version)
    assert HOSTILE not in text
    assert "&lt;img src=x" in text
