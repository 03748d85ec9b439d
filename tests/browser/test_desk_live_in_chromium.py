"""A queue that lives while it is open, and one action on all that match, in Chromium by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from archive.models import Comment
from moderation.models import Decision, Review
from moderation.services.review.decisions import decision_record
from moderation.services.team.live import live_forget
from tests.browser.keyboard import TOO_WIDE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUEUE = reverse("desk:queue", args=["pending"])
MATCHING = reverse("desk:matching", args=["pending"])
# As when somebody comes back to the window: the page asks at once.
ASK_NOW = "document.dispatchEvent(new Event('visibilitychange'))"
Newsroom = Callable[..., list[Comment]]


def test_an_open_queue_says_what_others_did_and_what_came_and_moves_nothing(visit: Any, newsroom: Newsroom) -> None:
    first, second = newsroom(2)
    window = visit("moderator")
    window.desk(QUEUE)
    grace = User.objects.create_superuser("grace")
    decision_record(comment_id=first.pk, action="approve", actor=grace)
    newsroom(1)
    live_forget()
    window.page.evaluate(ASK_NOW)
    window.page.wait_for_selector(".desk-live-told")
    assert window.page.inner_text("[data-live-words]") == "1 new comment."
    assert window.page.inner_text(f"[data-comment='{first.pk}'] .card-live") == "approved by grace"
    assert window.page.locator("[data-card]").count() == 2
    assert window.axe() == []
    window.shot("live")
    decision_record(comment_id=second.pk, action="reject", reason="spam", actor=grace)
    live_forget()
    window.page.evaluate(ASK_NOW)
    window.page.wait_for_function("() => document.querySelectorAll('#desk .card-done').length === 2")
    assert "All on this page is decided." in window.page.inner_text("[data-live-words]")
    window.page.click(".desk-live a")
    window.page.wait_for_function("() => document.querySelectorAll('#desk [data-card]').length === 1")
    assert window.complaints == []


@pytest.mark.parametrize(
    "options", [{"color_scheme": "dark"}, {"locale": "tr-TR", "width": 390}], ids=["dark", "phone"]
)
def test_all_that_match_are_decided_by_keyboard(visit: Any, newsroom: Newsroom, options: dict[str, Any]) -> None:
    comments = newsroom(14)
    window = visit("moderator", **options)
    window.desk(QUEUE)
    window.press("M")
    assert window.page.url.endswith(MATCHING)
    window.page.select_option("[name=act]", "approve")
    swaps, address = window.page.evaluate("document.documentElement.dataset.swaps || '0'"), window.page.url
    window.page.click("#desk form[method=get] button[type=submit]")
    window.settled(swaps, address)
    assert window.axe() == []
    assert window.page.evaluate(TOO_WIDE) == []
    window.shot(f"matching-{options.get('width', 'dark')}")
    window.page.evaluate("document.activeElement.blur()")
    window.press("y")
    window.page.wait_for_selector("#bulk-act")
    assert "14" in window.page.inner_text("#bulk-act .big")
    assert window.axe() == []
    assert Decision.objects.values("batch").distinct().count() == 1
    window.press("u")
    window.press("z")
    assert Review.objects.filter(state="pending").count() == len(comments)
    assert window.complaints == []
