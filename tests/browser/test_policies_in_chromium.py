"""A policy is written, tested, simulated and activated by keyboard alone, on pages that axe finds no fault with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from archive.models import Comment
from moderation.models import ModelVersion, PolicyVersion, Review
from moderation.scoring import ATTRIBUTES
from moderation.services.policies.versions import policy_create
from tests.browser.keyboard import TOO_WIDE, choose, press, tab_to, write

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Newsroom = Callable[..., list[Comment]]
HOSTILE = '<img src=x onerror="window.hacked = 1"><script>window.hacked = 1</script>{{ 7|add:7 }}'


@pytest.fixture
def served(newsroom: Newsroom) -> Newsroom:
    """A newsroom whose model says what it serves."""

    def fill(count: int) -> list[Comment]:
        comments = newsroom(count)
        ModelVersion.objects.update(attributes=list(ATTRIBUTES))
        Review.objects.update(facts={"links": 0, "length": 90, "near_hash": "0" * 16})
        return comments

    return fill


def focused(window: Any) -> str:
    return str(window.page.evaluate("document.activeElement.id"))


def at_rest(window: Any) -> None:
    window.page.wait_for_selector("#desk-holder:has-text('Held for you')")
    window.page.wait_for_selector(".record-counts")


def test_a_policy_is_tested_written_simulated_and_activated_by_keyboard(visit: Any, served: Newsroom) -> None:
    comments = served(6)
    window = visit("superuser")
    window.desk(reverse("desk:comment", args=[comments[0].pk]))
    draft = comment_added(window)
    window.desk(reverse("desk:policies"))
    looked_at(window, "policies")
    press(window, f"a[href$='/policies/{draft.version}/']")
    press(window, "button[value=test]")
    assert "1 test fails." in window.page.inner_text("#desk")
    looked_at(window, "policy-failing")
    press(window, "a[href*='/policies/write/']")
    write_rule(window)
    version = PolicyVersion.objects.latest("version")
    rule = version.body["rules"][-1]
    inner = {"any": [{"fact": "links", "lte": 500}, {"not": {"commenter": "staff"}}]}
    assert rule["when"] == {"all": [{"attribute": "toxicity", "gte": 0.9}, inner]}
    assert (rule["action"], rule["floor"], version.body["name"]) == ("hold", True, "House rules")
    press(window, "button[value=test]")
    assert "All tests pass." in window.page.inner_text("#desk")
    press(window, "a[href$='/simulate/']")
    press(window, "button.default")
    assert "send it to the queue → hold it until a person has decided: 6 comments" in window.page.inner_text("#desk")
    looked_at(window, "policy-simulation")
    press(window, ".desk-back a")
    press(window, "button[value=activate]")
    version.refresh_from_db()
    assert version.active
    looked_at(window, "policy-active")
    assert window.complaints == []


def looked_at(window: Any, name: str) -> None:
    assert window.axe() == []
    window.shot(name)


def comment_added(window: Any) -> PolicyVersion:
    """Adds the comment whose page is open as a test, and returns the draft that it went into."""
    at_rest(window)
    choose(window, "select[name=expect]", "hold it")
    press(window, "form[action*='/test/'] button")
    assert "is a test of version" in window.page.inner_text(".desk-messages")
    at_rest(window)
    looked_at(window, "policy-comment-added")
    return PolicyVersion.objects.latest("version")


def write_rule(window: Any) -> None:
    """Writes a rule with conditions three deep and saves the policy."""
    write(window, "#field-name", "House rules")
    press(window, "button[value=rule-add]")
    assert focused(window) == "rule-form"
    write(window, "#field-rule\\.id", "hold-the-worst")
    choose(window, "select[name='when.new']", "score of")
    press(window, "button[value='part-add:when']")
    assert focused(window) == "part-when-0"
    choose(window, "select[name='when-0.name']", "toxicity")
    write(window, "input[name='when-0.gte']", "0.9")
    choose(window, "select[name='when.new']", "Group: one of")
    press(window, "button[value='part-add:when']")
    choose(window, "select[name='when-1.new']", "links in")
    press(window, "button[value='part-add:when-1']")
    write(window, "input[name='when-1-0.lte']", "500")
    choose(window, "select[name='when-1.new']", "Group: this is not")
    press(window, "button[value='part-add:when-1']")
    choose(window, "select[name='when-1-1.new']", "commenter: staff")
    press(window, "button[value='part-add:when-1-1']")
    choose(window, "select[name='rule.action']", "hold it")
    tab_to(window, "input[name='rule.floor']")
    window.page.keyboard.press("Space")
    looked_at(window, "policy-editor")
    press(window, "button[value=save]")


def test_rules_are_moved_and_taken_away_by_keyboard_and_the_focus_goes_along(visit: Any, served: Newsroom) -> None:
    served(1)
    rules = [
        {"id": name, "when": {"any": [{"fact": "links", "gte": 9 - at}]}, "action": "queue"}
        for at, name in enumerate(("one", "two", "three"))
    ]
    base = policy_create(body={"schema": 2, "name": HOSTILE, "rules": rules}, actor=None, note=HOSTILE).version
    window = visit("senior")
    window.desk(reverse("desk:policy-editor") + f"?base={base.version}")
    press(window, "button[value='rule-down:0']")
    assert focused(window) == "rule-1"
    press(window, "button[value='rule-down:1']")
    assert focused(window) == "rule-2"
    press(window, "button[value='rule-remove:2']")
    assert window.page.locator(".policy-rule-head b").all_inner_texts() == ["two", "three"]
    press(window, "button[value='rule-open:1']")
    write(window, "input[name='when-0.gte']", "many")
    press(window, "button[value=save]")
    alert = window.page.wait_for_selector("[role=alert]")
    assert "Rule three" in alert.inner_text()
    assert window.page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert window.page.input_value("input[name='when-0.gte']") == "many"
    assert window.page.get_attribute("input[name='when-0.gte']", "aria-invalid") == "true"
    assert window.axe() == []
    window.shot("policy-refused")
    write(window, "input[name='when-0.gte']", "4")
    press(window, "button[value=save]")
    assert [rule["id"] for rule in PolicyVersion.objects.latest("version").body["rules"]] == ["two", "three"]
    assert window.page.evaluate("window.hacked") is None
    assert [one for one in window.complaints if "400" not in one] == []


def test_the_pages_of_policies_are_read_on_a_phone_and_in_the_dark(visit: Any, served: Newsroom) -> None:
    served(3)
    active = PolicyVersion.objects.get(active=True).version
    window = visit("senior", width=400, color_scheme="dark")
    for name, path in (
        ("policies", reverse("desk:policies")),
        ("policy", reverse("desk:policy", args=[active])),
        ("policy-editor", reverse("desk:policy-editor") + f"?base={active}"),
        ("policy-simulation", reverse("desk:policy-simulation", args=[active]) + "?run=1"),
    ):
        window.desk(path)
        if name == "policy-editor":
            press(window, "button[value='rule-open:0']")
        assert window.axe() == [], name
        wide = window.page.evaluate(TOO_WIDE)
        assert not wide, f"{name}: {wide}"
        window.shot(f"phone-{name}")
    assert window.complaints == []
