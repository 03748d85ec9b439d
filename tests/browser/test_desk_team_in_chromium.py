"""The desk's second round in Chromium: selections that last, bars that hide nothing, words when the line is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from archive.models import Comment
from moderation.models import Decision, Review
from tests.browser.keyboard import TOO_WIDE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUEUE = reverse("desk:queue", args=["pending"])
Newsroom = Callable[..., list[Comment]]
# What has the focus and lies under the bar at the window's end, in whole or in part.
COVERED = """() => {
    const one = document.activeElement, bar = document.querySelector("#desk :is(.desk-bulk, .desk-decide)");
    if (!bar || !one || bar.contains(one) || one === document.body) { return null; }
    const here = one.getBoundingClientRect(), over = bar.getBoundingClientRect();
    const beside = here.right <= over.left || here.left >= over.right;
    return !beside && here.bottom > over.top + 1 && here.top < over.bottom ? one.outerHTML.slice(0, 120) : null;
}"""


def click(window: Any, selector: str) -> None:
    swaps, address = window.page.evaluate("document.documentElement.dataset.swaps || '0'"), window.page.url
    window.page.click(selector)
    window.settled(swaps, address)


def small(visit: Any, **options: Any) -> Any:
    """A moderator's window with ten comments a page."""
    window = visit("moderator", **options)
    window.desk(reverse("desk:settings"))
    window.page.select_option("[name=page_size]", "10")
    click(window, "#desk button[type=submit]")
    return window


def selected(window: Any) -> str:
    return str(window.page.inner_text("[data-selected]"))


def test_a_selection_lasts_over_pages_decisions_and_previews_and_ends_with_the_act(
    visit: Any, newsroom: Newsroom
) -> None:
    comments = newsroom(14)
    window = small(visit)
    window.desk(QUEUE)
    for place in (0, 1):
        window.page.locator("[data-select]").nth(place).check()
    assert selected(window) == "2 selected"
    window.press("]")
    assert selected(window) == "2 selected (2 on other pages)"
    window.page.locator("[data-select]").nth(0).check()
    window.page.locator("[data-card]").nth(2).focus()
    window.press("a")
    assert selected(window) == "3 selected (2 on other pages)", "a decision on another card"
    click(window, ".desk-bulk button[type=submit]")
    assert window.page.inner_text("button[name=confirmed]").startswith("Yes, approve 3 comments")
    window.press("u")
    assert selected(window) == "3 selected (2 on other pages)", "back from the preview"
    click(window, ".desk-bulk button[type=submit]")
    click(window, "button[name=confirmed]")
    assert selected(window) == ""
    done = set(Decision.objects.exclude(batch=None).values_list("comment_id", flat=True))
    assert done == {comments[0].pk, comments[1].pk, comments[10].pk}
    assert window.complaints == []


def test_many_are_selected_extended_and_decided_without_the_tab_key(visit: Any, newsroom: Newsroom) -> None:
    comments = newsroom(8)
    window = visit("moderator")
    window.desk(QUEUE)
    keys = window.page.keyboard
    for key in ("j", "J", "J"):
        keys.press(key)
    assert selected(window) == "3 selected"
    for key in ("j", "j", "X"):
        keys.press(key)
    assert selected(window) == "5 selected", "from the one that was ticked last"
    window.press("A")
    assert window.page.inner_text("button[name=confirmed]").startswith("Yes, approve 5 comments")
    window.press("y")
    assert set(Decision.objects.values_list("comment_id", "action")) == {(row.pk, "approve") for row in comments[:5]}
    keys.press("*")
    assert selected(window) == "3 selected"
    window.press("R")
    assert window.page.inner_text("button[name=confirmed]").startswith("Yes, reject 3 comments")
    assert window.complaints == []


def test_the_palette_finds_a_command_by_some_letters_and_does_it(visit: Any, newsroom: Newsroom) -> None:
    (comment, *_others) = newsroom(2)
    window = visit("moderator")
    window.desk(QUEUE)
    window.page.keyboard.press("Control+k")
    window.page.wait_for_selector("#desk-palette[open]")
    window.page.keyboard.type("esc")
    assert [one.strip() for one in window.page.locator("#desk-commands li").all_inner_texts()] == ["Escalated"]
    assert window.axe() == []
    window.shot("palette")
    window.press("Enter")
    assert window.page.inner_text("#desk-heading") == "Escalated"
    window.desk(QUEUE)
    window.page.keyboard.press("j")
    window.page.keyboard.press("Control+k")
    window.page.keyboard.type("approve")
    window.page.keyboard.press("ArrowDown")
    window.press("Enter")
    assert Decision.objects.filter(action="approve").count() == 1
    window.desk(reverse("desk:comment", args=[comment.pk]) + "?queue=approved")
    window.page.keyboard.press("Control+k")
    window.page.keyboard.press("Escape")
    assert window.page.locator("#desk-palette[open]").count() == 0
    assert window.complaints == []


def test_what_was_ticked_is_dropped_on_one_button(visit: Any, newsroom: Newsroom) -> None:
    newsroom(3)
    window = visit("moderator")
    window.desk(QUEUE)
    window.page.check("[data-select-all]")
    assert selected(window) == "3 selected"
    window.page.click("[data-select-none]")
    assert selected(window) == ""
    window.page.click(".desk-bulk button[type=submit]")
    window.page.wait_for_selector(".desk-messages:has-text('No comment was selected')")


@pytest.mark.parametrize("page", ["queue", "comment"])
def test_no_bar_hides_what_has_the_focus(visit: Any, newsroom: Newsroom, page: str) -> None:
    comments = newsroom(9)
    newsroom(9, parent=comments[0], text="A long reply that goes on. " * 20)
    window = visit("moderator")
    window.page.set_viewport_size({"width": 1366, "height": 640})
    window.desk(QUEUE if page == "queue" else reverse("desk:comment", args=[comments[0].pk]) + "?queue=pending")
    window.page.wait_for_load_state("networkidle")
    hidden = []
    for _ in range(60):
        window.page.keyboard.press("Tab")
        hidden.append(window.page.evaluate(COVERED))
    assert [one for one in hidden if one] == []


def test_the_key_j_shows_the_whole_card_above_the_bar(visit: Any, newsroom: Newsroom) -> None:
    newsroom(8, text="One more line of a long comment.\n" * 12)
    window = visit("moderator")
    window.page.set_viewport_size({"width": 1366, "height": 640})
    window.desk(QUEUE)
    for _ in range(6):
        window.page.keyboard.press("j")
        within = window.page.evaluate(
            """() => {
                const card = document.activeElement.getBoundingClientRect();
                const bar = document.querySelector(".desk-bulk").getBoundingClientRect();
                return [card.top >= -1, card.bottom <= bar.top + 1];
            }"""
        )
        assert within == [True, True]


def test_a_line_that_is_gone_is_said_and_so_is_its_return(visit: Any, newsroom: Newsroom) -> None:
    newsroom(2)
    window = visit("moderator")
    window.desk(QUEUE)
    window.page.context.set_offline(True)
    window.page.keyboard.press("a")
    window.page.wait_for_selector("#desk-offline:has-text('No connection: nothing was sent')")
    window.shot("offline")
    assert not Decision.objects.exists()
    window.page.context.set_offline(False)
    window.page.wait_for_selector("#desk-offline:empty", state="attached")
    window.press("a")
    assert Decision.objects.count() == 1


def test_a_histogram_tells_its_counts_on_a_phone_too(visit: Any, newsroom: Newsroom) -> None:
    newsroom(30)
    Review.objects.filter(pk__in=[row.pk for row in Review.objects.all()[:3]]).update(toxicity=0.12)
    window = visit("senior", width=390)
    window.desk(reverse("desk:batch") + "?attribute=toxicity&lower=0.1&upper=0.15")
    window.page.click(".desk-counts summary")
    assert "0.10–0.15\t3" in window.page.inner_text(".desk-counts table")
    window.shot("by-score-phone")
    assert window.page.evaluate(TOO_WIDE) == []
    assert window.axe() == []
