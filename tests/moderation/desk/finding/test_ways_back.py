"""Every way back leads to the same queue, page, filter and order, and what was open is given back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from archive.models import Commenter
from moderation.models import Decision, Mute, Review, State

Desk = Callable[..., str]
QUERY = {"queue": "pending", "order": "newest", "section": "Politics"}


def within(address: str, **query: str) -> str:
    return f"{address}?" + "&".join(f"{name}={value}" for name, value in query.items())


@pytest.fixture
def second_page(moderator: Client, desk: Desk, make_pending: Callable[..., Review]) -> dict[str, str]:
    """The query of the second page of the newest comments, which holds the five oldest ones."""
    moderator.post(desk("settings"), {"page_size": "10", "single_keys": "on"})
    for _ in range(15):
        make_pending()
    page = moderator.get(desk("queue", "pending"), {"order": "newest"})
    return {"order": "newest", "after": page.context["page"].after}


def test_the_key_u_gives_the_comment_back_and_leads_to_the_page_of_the_queue(
    moderator: Client, desk: Desk, second_page: dict[str, str]
) -> None:
    page = moderator.get(desk("queue", "pending"), second_page)
    card = page.context["cards"][0].comment
    moderator.post(desk("hold", card.pk))
    assert Review.objects.get(pk=card.pk).holder is not None
    here = f"{desk('comment', card.pk)}?queue=pending&{page.context['query_here']}"
    assert f'href="{here.replace("&", "&amp;")}"' in page.content.decode()
    assert 'name="act" value="leave"' in moderator.get(here).content.decode()
    answer = moderator.post(here, {"act": "leave"}, follow=True)
    assert Review.objects.get(pk=card.pk).holder is None
    assert [one.comment for one in answer.context["cards"]] == [one.comment for one in page.context["cards"]]
    assert answer.context["order"] == "newest"
    assert not Decision.objects.exists()


def test_the_page_of_the_queue_is_kept_from_comment_to_comment(
    moderator: Client, desk: Desk, version: Callable[[Review], str], second_page: dict[str, str]
) -> None:
    page = moderator.get(desk("queue", "pending"), second_page)
    card = Review.objects.get(pk=page.context["cards"][0].comment.pk)
    here = f"{desk('comment', card.pk)}?queue=pending&{page.context['query_here']}"
    answer = moderator.post(here, {"act": "approve", "seen": version(card)}, follow=True)
    assert answer.context["comment"].pk != card.pk
    assert answer.context["back"] == f"{desk('queue', 'pending')}?{page.context['query_here']}"


def test_an_undo_of_a_cards_action_comes_back_to_its_list(
    moderator: Client, desk: Desk, version: Callable[[Review], str], second_page: dict[str, str]
) -> None:
    page = moderator.get(desk("queue", "pending"), second_page)
    card = Review.objects.get(pk=page.context["cards"][0].comment.pk)
    moderator.post(f"{desk('quick', 'pending')}?{page.context['back_query']}", {"one": f"approve@{version(card)}"})
    answer = moderator.post(desk("undo"), follow=True)
    assert answer.redirect_chain[0][0] == f"{desk('queue', 'pending')}?{page.context['back_query']}"
    assert card.pk in [one.comment.pk for one in answer.context["cards"]]
    assert Review.objects.get(pk=card.pk).state == State.PENDING


def test_an_undo_on_a_comments_page_opens_that_comment_within_its_queue(
    moderator: Client, desk: Desk, make_pending: Callable[..., Review], version: Callable[[Review], str]
) -> None:
    review = make_pending()
    here = within(desk("comment", review.pk), **QUERY)
    moderator.post(here, {"act": "approve", "seen": version(review)})
    assert moderator.post(desk("undo")).headers["location"] == here


def test_an_undo_of_many_comes_back_to_the_queue_and_its_filters(
    moderator: Client, desk: Desk, make_pending: Callable[..., Review], version: Callable[[Review], str]
) -> None:
    address = within(desk("selection"), **QUERY)
    asked = {"seen": version(make_pending()), "act": "escalate"}
    preview = moderator.post(address, asked)
    signed = {"preview": preview.context["signature"], "confirmed": "1"}
    back = moderator.post(address, {**asked, **signed}).headers["location"]
    assert back == within(desk("queue", "pending"), order="newest", section="Politics")
    assert moderator.post(desk("undo")).headers["location"] == back


def test_after_a_mute_and_its_end_the_way_back_remains(
    moderator: Client, desk: Desk, commenter: Commenter, make_pending: Callable[..., Review]
) -> None:
    review = make_pending()
    address = within(desk("commenter", commenter.pk), comment=str(review.pk), **QUERY)
    way_back = within(desk("comment", review.pk), **QUERY).replace("&", "&amp;")
    form = {"mute": "1", "reason": "spam", "until": "", "comment": str(review.pk)}
    for posted in (form, {"unmute": "1"}):
        answer = moderator.post(address, posted, follow=True)
        assert f'href="{way_back}"' in answer.content.decode()
    assert Mute.objects.get().comment_id == review.pk


def test_handing_over_goes_on_in_the_same_queue(
    moderator: Client, desk: Desk, make_pending: Callable[..., Review]
) -> None:
    review = make_pending()
    answer = moderator.post(within(desk("hold", review.pk), **QUERY))
    link = within(desk("hand-over", review.pk), **QUERY).replace("&", "&amp;")
    assert f'href="{link}"' in answer.content.decode()


def buttons(answer: Any) -> bool:
    return 'class="desk-decide"' in answer.content.decode()


def test_what_would_always_be_refused_is_not_offered(
    moderator: Client, desk: Desk, make_pending: Callable[..., Review]
) -> None:
    assert buttons(moderator.get(desk("comment", make_pending().pk)))
    closed = moderator.get(desk("comment", make_pending(state=State.CLOSED).pk))
    assert not buttons(closed)
    assert "there is nothing to decide" in closed.content.decode()


def test_an_edit_that_is_not_scored_yet_offers_no_decision_and_shows_what_changed(
    moderator: Client, desk: Desk, make_pending: Callable[..., Review]
) -> None:
    review = make_pending("The ferry was late again.")
    comment = review.comment
    comment.revisions.create(revision=1, raw="", text=comment.text)
    comment.text, comment.revision = "The ferry was early again.", 2
    comment.save()
    page = moderator.get(desk("comment", review.pk) + "?queue=unscored")
    assert not buttons(page)
    assert "What changed since it was scored" in page.content.decode()
    assert page.content.decode().count("<del>late</del><ins>early</ins>") == 2, "at once, and in the history"


def test_the_page_says_whether_the_language_was_declared_or_detected(
    moderator: Client, desk: Desk, make_pending: Callable[..., Review]
) -> None:
    declared, scored = make_pending(language="de"), make_pending()
    refused = make_pending(score=None, facts={"language": "tr"})
    for review, words in (
        (declared, "Language <bdi>de</bdi> ·"),
        (scored, "Language <bdi>en</bdi> (detected)"),
        (refused, "Language <bdi>tr</bdi> (detected)"),
    ):
        assert words in moderator.get(desk("comment", review.pk)).content.decode()
