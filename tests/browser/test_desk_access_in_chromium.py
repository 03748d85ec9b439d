"""The desk for everybody: no accessibility fault in either theme, no console message, no page wider than its window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from archive.models import Article, Comment, Commenter
from moderation.models import Review

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def pages(comments: list[Comment]) -> dict[str, str]:
    """The desk's own pages by name."""
    first = comments[0]
    return {
        "queue": reverse("desk:queue", args=["pending"]),
        "filtered": reverse("desk:queue", args=["pending"]) + "?attribute=toxicity&low=0.5&order=newest",
        "nothing": reverse("desk:queue", args=["escalated"]),
        "unscored": reverse("desk:queue", args=["unscored"]),
        "comment": reverse("desk:comment", args=[first.pk]) + "?queue=pending",
        "replies": reverse("desk:subtree", args=[first.pk]),
        "commenter": reverse("desk:commenter", args=[first.commenter_id]) + f"?comment={first.pk}",
        "by-score": reverse("desk:batch") + "?attribute=toxicity&lower=0.8&upper=1",
        "settings": reverse("desk:settings"),
        "hand-over": reverse("desk:hand-over", args=[first.pk]),
    }


@pytest.fixture
def filled(newsroom: Callable[..., list[Comment]]) -> list[Comment]:
    comments = newsroom(12)
    newsroom(1, parent=comments[0], text="A reply, which is rude as well, you clown.")
    Review.objects.filter(pk=comments[1].pk).update(held=True, reader_flags=2)
    newsroom(1, text="Seen by readers.", state="approved", highlighted=True)
    return comments


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page_of_the_desk(visit: Any, filled: list[Comment], theme: str) -> None:
    window = visit("senior", color_scheme=theme)
    faults = {}
    for name, path in pages(filled).items():
        window.desk(path)
        window.page.wait_for_load_state("networkidle")
        window.shot(f"{name}-{theme}")
        faults[name] = window.axe()
    assert {name: found for name, found in faults.items() if found} == {}
    assert window.complaints == []


def test_the_desk_is_turkish_for_a_browser_that_asks_for_it_and_says_so(visit: Any, filled: list[Comment]) -> None:
    window = visit("senior", locale="tr-TR")
    for name in ("queue", "comment", "by-score", "settings"):
        window.desk(pages(filled)[name])
        window.shot(f"{name}-turkish")
        assert window.page.get_attribute("html", "lang") == "tr"
        assert window.axe() == []
    assert window.complaints == []


def test_axe_finds_a_fault_that_is_there(visit: Any, filled: list[Comment]) -> None:
    window = visit("senior")
    window.desk(pages(filled)["queue"])
    window.page.evaluate("document.querySelector('#desk').append(new Image())")
    assert any(fault.startswith("image-alt") for fault in window.axe())


# A phone, and a window of 1280 at 200 %: half as many pixels of CSS, each twice as large.
@pytest.mark.parametrize(("name", "width", "scale"), [("phone", 360, 3), ("zoomed", 640, 2)])
def test_no_page_of_the_desk_is_wider_than_its_window(
    visit: Any, filled: list[Comment], newsroom: Callable[..., list[Comment]], name: str, width: int, scale: int
) -> None:
    newsroom(1, text="https://example.org/" + "long" * 80 + " " + "A" * 300)
    window = visit("senior", width=width, device_scale_factor=scale)
    wide = {}
    for page, path in pages(filled).items():
        window.desk(path)
        window.shot(f"{page}-{name}")
        measured = window.page.evaluate("document.documentElement.scrollWidth")
        wide |= {page: measured} if measured > width else {}
    assert wide == {}
    assert window.complaints == []


def test_long_names_and_many_lines_do_not_break_a_page(
    visit: Any, filled: list[Comment], newsroom: Callable[..., list[Comment]]
) -> None:
    (comment,) = newsroom(1, text="line\n" * 100, risk=9.0)
    Commenter.objects.update(name="N" * 250)
    Article.objects.update(title="T" * 300, section="S" * 190)
    window = visit("senior", width=360, device_scale_factor=2)
    wide = {}
    for page, path in {**pages(filled), "lines": pages([comment])["comment"]}.items():
        window.desk(path)
        window.shot(f"{page}-long-names")
        measured = window.page.evaluate("document.documentElement.scrollWidth")
        wide |= {page: measured} if measured > 360 else {}
    assert wide == {}
    window.desk(pages(filled)["queue"])
    height = "document.querySelector('#desk [data-card] .comment-text').clientHeight"
    clamped = window.page.evaluate(height)
    window.page.focus("#desk [data-card] [data-open-card]")
    assert clamped < 200 < window.page.evaluate(height), "six lines, and all of them for the card that has the focus"
    assert window.complaints == []


def test_hebrew_text_runs_from_right_to_left(visit: Any, newsroom: Callable[..., list[Comment]]) -> None:
    comments = newsroom(5)
    window = visit("senior")
    window.desk(pages([comments[4]])["comment"])
    direction = "(selector) => getComputedStyle(document.querySelector(selector)).direction"
    assert window.page.evaluate(direction, "#desk-comment-text") == "rtl"
    window.desk(pages(comments)["queue"])
    assert window.page.evaluate(direction, ".desk-card:nth-child(5) .comment-text") == "rtl"
    assert window.page.evaluate(direction, ".desk-card:nth-child(1) .comment-text") == "ltr"
    window.shot("queue-directions")


def test_every_control_of_a_page_is_reached_with_the_tab_key_and_shows_it(visit: Any, filled: list[Comment]) -> None:
    window = visit("senior")
    window.desk(pages(filled)["comment"])
    wanted = window.page.evaluate(CONTROLS)
    reached = set()
    for _ in range(3 * len(wanted) + 20):
        window.page.keyboard.press("Tab")
        reached.add(window.page.evaluate(FOCUSED))
    assert set(wanted) <= reached
    assert "hidden" not in reached, "the focus is seen wherever it is"


# Names of what can be used on the page: the words of a control, and where it stands among those of the same words.
CONTROLS = """
    () => {
        const usable = "#desk a[href], #desk button:not([disabled]), #desk select, #desk summary";
        // A closed <details> keeps the boxes of what it hides.
        const shown = (one) => one.checkVisibility() && one.getClientRects().length > 0;
        window.nameOf = (one) => `${one.tagName} ${(one.innerText || one.name).trim()}`;
        return Array.from(document.querySelectorAll(usable)).filter(shown).map(window.nameOf);
    }"""
FOCUSED = """
    () => {
        const here = document.activeElement;
        const style = getComputedStyle(here);
        const seen = style.outlineStyle !== "none" || style.boxShadow !== "none" || !here.closest("#desk");
        return seen ? window.nameOf(here) : "hidden";
    }"""
