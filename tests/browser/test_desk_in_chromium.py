"""A moderator's day at the desk, by keyboard, in a real browser; and all that can go wrong on such a day.

`SHOTS=FOLDER` keeps pictures of the pages. `PACE=FILE` keeps how many decisions a minute the scripted moderator makes:
`PACE=pace.json pytest tests/browser/test_desk_in_chromium.py -k pace` (nothing is asserted of it: machines differ).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from archive.models import Comment
from moderation.models import Decision, Review
from moderation.services.intake.ingest import comment_edit, comment_withdraw
from moderation.services.review.decisions import decision_record

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUEUE = reverse("desk:queue", args=["pending"])
Newsroom = Callable[..., list[Comment]]
HOSTILE = '<img src=x onerror="window.hacked = 1"><script>window.hacked = 1</script>{{ 7|add:7 }} you \u202eidiot'


def heading(window: Any) -> str:
    return str(window.page.inner_text("#desk-heading"))


def at_rest(window: Any) -> None:
    """Waits until the comment is held for the person and all that loads by itself is there."""
    window.page.wait_for_selector("#desk-holder:has-text('Held for you')")
    window.page.wait_for_selector(".record-counts")


def open_comment(window: Any, comment: Comment) -> None:
    window.desk(reverse("desk:comment", args=[comment.pk]) + "?queue=pending")
    at_rest(window)


def state(comment: Comment) -> str:
    return Review.objects.get(pk=comment.pk).state


def click(window: Any, selector: str) -> None:
    """Clicks what swaps the desk, and waits for that."""
    swaps, address = window.page.evaluate("document.documentElement.dataset.swaps || '0'"), window.page.url
    window.page.click(selector)
    window.settled(swaps, address)


def said(window: Any, words: str) -> None:
    """Waits until the page has told a screen reader so."""
    window.page.wait_for_function(
        "(words) => document.getElementById('desk-said').textContent.includes(words)", arg=words
    )


def test_a_session_by_keyboard_goes_from_comment_to_comment_in_the_order_of_risk(
    visit: Any, newsroom: Newsroom
) -> None:
    comments = newsroom(8)
    window = visit("moderator")
    window.desk(QUEUE)
    window.press("n")
    acts = [("a", "approved"), ("r", "rejected"), ("1", "rejected"), ("e", "escalated"), ("d", "deferred")]
    acts += [("h", "approved"), ("n", "pending")]
    for comment, (key, after) in zip(comments, acts, strict=False):
        assert heading(window) == f"Comment #{comment.pk}"
        at_rest(window)
        assert window.page.evaluate("document.activeElement.closest('#desk') !== null")
        window.press(key)
        assert state(comment) == after, key
    assert heading(window) == f"Comment #{comments[7].pk}"
    assert Decision.objects.get(comment=comments[2]).reason == "insult"
    assert Review.objects.get(pk=comments[5].pk).highlighted
    assert {row.actor.username for row in Decision.objects.select_related("actor")} == {"moderator"}
    window.press("u")
    assert heading(window) == "Pending"
    assert window.complaints == []


def test_an_act_is_told_and_undone_with_one_key_and_then_with_the_next(visit: Any, newsroom: Newsroom) -> None:
    first, second, _third = newsroom(3)
    window = visit("moderator")
    window.desk(QUEUE)
    window.press("n")
    at_rest(window)
    window.press("a")
    said(window, f"Comment #{first.pk}: approved.")
    at_rest(window)
    window.press("r")
    at_rest(window)
    window.press("z")
    assert (heading(window), state(second)) == (f"Comment #{second.pk}", "pending")
    at_rest(window)
    window.press("z")
    assert (heading(window), state(first)) == (f"Comment #{first.pk}", "pending")
    assert [row.action for row in Decision.objects.order_by("pk")] == ["approve", "reject", "undo", "undo"]
    assert window.complaints == []


def test_a_queue_is_worked_through_with_the_keys_of_the_list(visit: Any, newsroom: Newsroom) -> None:
    first, second, third = newsroom(3)
    window = visit("moderator")
    window.desk(QUEUE)
    for key in ("j", "j", "k", "j"):
        window.page.keyboard.press(key)
    assert window.page.evaluate("document.activeElement.querySelector('.card-number').textContent") == f"#{second.pk}"
    window.press("a")
    assert [state(one) for one in (first, second, third)] == ["pending", "approved", "pending"]
    focused = "document.activeElement.querySelector('.card-number').textContent"
    window.page.wait_for_function(f"(number) => {focused} === number", arg=f"#{third.pk}")
    window.press("Enter")
    assert heading(window) == f"Comment #{third.pk}"
    window.page.keyboard.press("?")
    window.page.wait_for_selector("dialog[open]")
    assert "undo the last act" in window.page.inner_text("dialog")
    window.shot("keys")
    window.page.keyboard.press("Escape")
    window.page.wait_for_selector("dialog[open]", state="detached")
    assert window.complaints == []


def test_two_moderators_are_given_different_comments_and_see_who_has_which(visit: Any, newsroom: Newsroom) -> None:
    first, second = newsroom(2)
    ada, grace = visit("moderator", name="ada"), visit("moderator", name="grace")
    for window in (ada, grace):
        window.desk(QUEUE)
        window.press("n")
        at_rest(window)
    assert (heading(ada), heading(grace)) == (f"Comment #{first.pk}", f"Comment #{second.pk}")
    grace.desk(reverse("desk:comment", args=[first.pk]) + "?queue=pending")
    grace.page.wait_for_selector("#desk-holder .taken:has-text('ada')")
    grace.shot("held-by-another")
    grace.press("a")
    assert "ada" in grace.page.inner_text("[role=alert]") or "moderator holds" in grace.page.inner_text("[role=alert]")
    assert not Decision.objects.exists()
    ada.press("a")
    assert state(first) == "approved"
    refused = [one for one in grace.complaints if "409" not in one]
    assert (ada.complaints, refused) == ([], [])


def test_a_selection_is_decided_after_a_preview_and_undone_in_one_act(visit: Any, newsroom: Newsroom) -> None:
    comments = newsroom(4)
    decision_record(comment_id=comments[3].pk, action="escalate", api_key="another")
    window = visit("moderator")
    window.desk(QUEUE)
    window.page.check("[data-select-all]")
    window.page.wait_for_function("document.querySelector('[data-selected]').textContent.startsWith('3')")
    window.page.select_option(".desk-bulk select[name=act]", "reject")
    Review.objects.filter(pk=comments[2].pk).update(state_version=9)
    before, address = "0", window.page.url
    window.page.click(".desk-bulk button")
    window.settled(before, address)
    assert "2 of 3 comments" in window.page.inner_text("#desk .big"), "one has changed since the list was made"
    assert not Decision.objects.filter(action="reject").exists(), "a preview writes nothing"
    window.shot("bulk-preview")
    swaps, address = window.page.evaluate("document.documentElement.dataset.swaps"), window.page.url
    window.page.click("button[name=confirmed]")
    window.settled(swaps, address)
    assert [state(comment) for comment in comments] == ["rejected", "rejected", "pending", "escalated"]
    assert f"#{comments[2].pk}" in window.page.inner_text(".desk-messages")
    window.press("z")
    assert [state(comment) for comment in comments] == ["pending", "pending", "pending", "escalated"]
    assert window.complaints == []


@pytest.mark.parametrize("of_subtree", [False, True], ids=["selection", "subtree"])
def test_a_preview_whose_list_was_changed_to_another_action_does_nothing_and_previews_that(
    visit: Any, newsroom: Newsroom, of_subtree: bool
) -> None:
    comments = newsroom(1)
    comments += newsroom(2, parent=comments[0])
    window = visit("moderator")
    if of_subtree:
        window.desk(reverse("desk:subtree", args=[comments[0].pk]))
    else:
        window.desk(QUEUE)
        window.page.check("[data-select-all]")
        click(window, ".desk-bulk button")
    assert window.page.inner_text("button[name=confirmed]").startswith("Yes, approve 3 comments")
    window.page.select_option("#desk select[name=act]", "reject")
    click(window, "button[name=confirmed]")
    assert "not what was previewed" in window.page.inner_text("[role=alert]")
    assert [state(comment) for comment in comments] == ["pending"] * 3
    assert window.page.inner_text("button[name=confirmed]").startswith("Yes, reject 3 comments")
    window.shot(f"preview-changed-{of_subtree}")
    window.page.select_option("#desk select[name=reason]", "spam")
    click(window, "#desk .desk-fields button")
    click(window, "button[name=confirmed]")
    assert [state(comment) for comment in comments] == ["rejected"] * 3
    assert {row.reason for row in Decision.objects.all()} == {"spam"}
    assert [one for one in window.complaints if "409" not in one] == []


def test_a_comment_that_was_edited_meanwhile_is_not_decided_and_shows_the_change(
    visit: Any, newsroom: Newsroom
) -> None:
    (comment,) = newsroom(1, text="The ferry was late again.")
    window = visit("moderator")
    open_comment(window, comment)
    comment_edit(comment=comment, text="The ferry was early again.")
    Comment.objects.filter(pk=comment.pk).update(taken_revision=2)
    window.press("a")
    assert "changed" in window.page.inner_text("[role=alert]")
    assert window.page.inner_text(".desk-changed del").strip() == "late"
    assert window.page.inner_text(".desk-changed ins").strip() == "early"
    window.shot("edited-meanwhile")
    assert not Decision.objects.exists()
    window.press("a")
    assert state(comment) == "approved"
    assert [one for one in window.complaints if "412" not in one] == []


def test_a_comment_that_was_withdrawn_meanwhile_is_not_decided(visit: Any, newsroom: Newsroom) -> None:
    (comment,) = newsroom(1)
    window = visit("moderator")
    open_comment(window, comment)
    comment_withdraw(comment=comment)
    window.press("r")
    assert "withdrawn" in window.page.inner_text("[role=alert]")
    assert state(comment) == "closed"
    assert [one for one in window.complaints if "409" not in one] == []


def test_a_comment_that_was_decided_elsewhere_meanwhile_is_not_decided_again(visit: Any, newsroom: Newsroom) -> None:
    (comment,) = newsroom(1)
    window = visit("moderator")
    open_comment(window, comment)
    Review.objects.update(holder=None, holder_until=None)
    decision_record(comment_id=comment.pk, action="approve", actor=User.objects.create_user("grace"))
    window.press("r")
    alert = window.page.inner_text("[role=alert]")
    assert "changed since it was seen" in alert
    assert "grace" in window.page.inner_text(".desk-changed")
    assert [row.action for row in Decision.objects.all()] == ["approve"]
    assert [one for one in window.complaints if "412" not in one] == []


def test_without_a_script_the_same_is_done_by_plain_forms(visit: Any, newsroom: Newsroom) -> None:
    first, second = newsroom(2)
    window = visit("moderator", java_script_enabled=False)
    window.open(QUEUE)
    window.shot("no-script")
    window.page.click("text=Review the next")
    assert heading(window) == f"Comment #{first.pk}"
    window.page.click(".desk-decide button[value=approve]")
    assert (heading(window), state(first)) == (f"Comment #{second.pk}", "approved")
    window.page.click(".desk-decide button[value='reject:spam']")
    assert state(second) == "rejected"
    window.page.click(".desk-undo button")
    assert (heading(window), state(second)) == (f"Comment #{second.pk}", "pending")


def test_hostile_text_stays_text_on_every_page_and_runs_nothing(visit: Any, newsroom: Newsroom) -> None:
    (comment,) = newsroom(1, text=HOSTILE)
    Comment.objects.update(raw=HOSTILE)
    window = visit("senior")
    for path in (QUEUE, reverse("desk:comment", args=[comment.pk]), reverse("desk:subtree", args=[comment.pk])):
        window.desk(path)
        assert window.page.evaluate("window.hacked === undefined")
        assert window.page.locator("#desk img, #desk script").count() == 0
    assert window.complaints == []


def test_a_range_of_scores_is_decided_in_one_act_and_undone_in_one(visit: Any, newsroom: Newsroom) -> None:
    comments = newsroom(30)
    window = visit("senior")
    window.desk(reverse("desk:batch") + "?attribute=toxicity&lower=0.95&upper=1")
    assert window.page.input_value(".desk-box select[name=act]") == "", "nothing is chosen beforehand"
    window.page.select_option(".desk-box select[name=act]", "reject")
    click(window, ".desk-box button.default")
    count = Review.objects.filter(toxicity__gte=0.95).count()
    assert window.page.inner_text(".desk-box form[method=post] button") == f"Reject {count} comments"
    window.shot("by-score-range")
    click(window, ".desk-box form[method=post] button")
    rejected = Review.objects.filter(state="rejected").count()
    assert 0 < rejected < len(comments)
    assert Decision.objects.values("batch").distinct().count() == 1
    window.press("z")
    assert not Review.objects.exclude(state="pending").exists()
    assert window.complaints == []


def test_the_pace_of_a_scripted_moderator(visit: Any, newsroom: Newsroom) -> None:
    count = 40
    newsroom(count + 1)
    window = visit("moderator")
    window.desk(QUEUE)
    window.press("n")
    began = time.monotonic()
    for number in range(count):
        window.press("ar1e"[number % 4])
    minutes = (time.monotonic() - began) / 60
    assert Decision.objects.count() == count
    if os.environ.get("PACE"):
        pace = {"decisions": count, "decisions_a_minute": round(count / minutes, 1)}
        Path(os.environ["PACE"]).write_text(json.dumps(pace) + "\n", encoding="utf-8")
    assert window.complaints == []
