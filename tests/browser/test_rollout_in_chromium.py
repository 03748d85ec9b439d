"""A policy goes all its way by keyboard: written, tested, simulated, in shadow, on a share, active, taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from moderation.models import Decision, PolicyVersion, Review, Rollout
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.rollout.stages import policy_rollout, policy_shadow
from moderation.services.review.decisions import decision_record
from tests.browser.keyboard import TOO_WIDE, choose, press, write

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Make = Callable[..., Any]


def said(window: Any) -> str:
    return str(window.page.inner_text("#desk"))


def looked_at(window: Any, name: str) -> None:
    assert window.axe() == []
    window.shot(name)


def write_policy_by_hand(window: Any) -> int:
    """Writes a policy with one rule, that rejects, and one test; returns its number."""
    window.desk(reverse("desk:policies"))
    press(window, "a[href$='/policies/write/']")
    write(window, "#field-name", "House rules")
    press(window, "button[value=rule-add]")
    write(window, "#field-rule\\.id", "reject-the-worst")
    choose(window, "select[name='when.new']", "score of")
    press(window, "button[value='part-add:when']")
    choose(window, "select[name='when-0.name']", "toxicity")
    write(window, "input[name='when-0.gte']", "0.9")
    choose(window, "select[name='rule.action']", "reject it")
    write(window, "#test-text", "You are a stupid idiot and everybody hates you.")
    choose(window, "#test-expect", "reject it")
    press(window, "button[value='test-add']")
    press(window, "button[value=save]")
    return int(PolicyVersion.objects.latest("version").version)


def test_a_policy_is_written_tested_simulated_put_on_by_degrees_and_taken_back_by_keyboard(
    visit: Any, arrive: Make
) -> None:
    now = timezone.now()
    arrive(0.95, 0.3, 0.1, created_at=now)
    window = visit("superuser")
    version = write_policy_by_hand(window)
    press(window, "button[value=test]")
    assert "All tests pass." in said(window)
    press(window, "a[href$='/simulate/']")
    press(window, "button.default")
    assert "reject it: 1 comment" in said(window)
    press(window, ".desk-back a")
    press(window, "a[href$='/rollout/']")
    looked_at(window, "rollout-draft")
    press(window, "button[value=shadow]")
    assert f"Version {version} is in shadow" in said(window)
    arrive(*[0.95] * 2, *[0.1] * 6, created_at=now)
    assert not Decision.objects.exists()
    window.desk(reverse("desk:policy-rollout", args=[version]))
    assert "8 comments that both judged" in said(window)
    looked_at(window, "rollout-shadow")
    write(window, "#field-percent", "10")
    press(window, "button[value=rollout]")
    assert f"Version {version} judges 10 % of the comments" in said(window)
    write(window, "#field-percent", "30")
    press(window, "button[value=rollout]")
    assert "It judges 30 % of the comments that come" in said(window)
    looked_at(window, "rollout-share")
    press(window, "button[value=activate]")
    assert PolicyVersion.objects.get(version=version).active
    Rollout.objects.update(effective_at=None)
    rejected = arrive(*[0.95] * 3, *[0.1] * 9, created_at=now)[:3]
    assert {one.state for one in rejected} == {"rejected"}
    window.desk(reverse("desk:policy-rollout", args=[version]))
    looked_at(window, "rollout-active")
    press(window, "a[href*='/rule/?rule=reject-the-worst']")
    assert f"#{rejected[0].pk}" in said(window)
    looked_at(window, "rollout-rule")
    press(window, ".desk-back a")
    press(window, "a[href*='/revert/?rule=reject-the-worst']")
    assert "3 comments become what they were" in said(window)
    looked_at(window, "rollout-revert")
    press(window, "button[name=confirmed]")
    assert "what it did to 3 comments is undone" in said(window)
    looked_at(window, "rollout-reverted")
    states = Review.objects.filter(pk__in=[one.pk for one in rejected]).values_list("state", flat=True)
    assert list(states) == ["pending"] * 3
    assert Decision.objects.filter(kind="undo", actor__username="superuser").count() == 3
    assert window.complaints == []


@pytest.fixture
def busy(arrive: Make, write_policy: Make) -> Callable[[], tuple[int, int]]:
    """Three weeks of comments under a version of several rules, and a candidate beside it, on 30 %, that is braked."""

    def make() -> tuple[int, int]:
        rules = (("reject-the-worst", "reject", 0.95), ("hold-threats-and-slurs", "hold", 0.8), ("ask", "queue", 0.5))
        active = policy_activate(version=write_policy(*rules), actor=None).version
        Rollout.objects.update(effective_at=None)
        now = timezone.now()
        for back in range(20, 0, -1):
            heat = [0.97] * (back % 3) + [0.85] * (1 + back % 4) + [0.6] * (2 + back % 5)
            arrive(*heat, *[0.1] * 30, created_at=now - timedelta(days=back))
        arrive(*[0.97] * 12, 0.85, *[0.6] * 3, *[0.1] * 24, created_at=now)
        milder = (("reject-the-worst", "reject", 0.9), ("ask-people", "queue", 0.55))
        candidate = write_policy(*milder, author=User.objects.get(username="administrator"))
        policy_shadow(version=candidate, actor=None)
        policy_rollout(version=candidate, percent=30, actor=None)
        people = User.objects.create_superuser("ada")
        for one in arrive(*[0.97] * 6, *[0.93] * 8, *[0.6] * 30, *[0.1] * 20, created_at=now):
            if one.state == "pending":
                decision_record(comment_id=one.pk, action="approve" if one.pk % 3 else "reject", actor=people)
        return active, candidate

    return make


PAGES = (
    ("policy-rollout", ""),
    ("policy-rule", "?rule=reject-the-worst"),
    ("policy-reversion", "?rule=reject-the-worst"),
)


@pytest.mark.parametrize(
    ("look", "options"),
    [
        ("light", {}),
        ("dark", {"color_scheme": "dark"}),
        ("turkish", {"locale": "tr-TR"}),
        ("phone", {"width": 390}),
        ("phone-dark", {"width": 390, "color_scheme": "dark", "locale": "tr-TR"}),
    ],
)
def test_the_pages_of_a_rollout_are_read_in_both_themes_in_turkish_and_on_a_phone(
    visit: Any, busy: Callable[[], tuple[int, int]], look: str, options: dict[str, Any]
) -> None:
    window = visit("administrator", **options)
    active, candidate = busy()
    for name, query in PAGES:
        for version in (active, candidate):
            window.desk(reverse(f"desk:{name}", args=[version]) + query)
            kind = "active" if version == active else "candidate"
            assert window.axe() == [], f"{name} of the {kind}"
            assert window.page.evaluate(TOO_WIDE) == [], f"{name} of the {kind}"
            window.shot(f"{look}-{name}-{kind}")
    assert window.page.get_attribute("html", "lang") == ("tr" if "locale" in options else "en")
    assert window.complaints == []
