"""A commenter's page: all comments by state, what readers and colleagues said, decisions and mutes; notes beside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from archive.models import Comment, Commenter, Source
from moderation.models import Review, TeamNote
from moderation.services.privacy.erasures import commenter_erasure, erasure_run
from moderation.services.review.decisions import decision_record
from moderation.services.review.mutes import commenter_mute

pytestmark = pytest.mark.django_db
MOST_QUERIES = 14


def text_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_the_page_lists_comments_states_flags_decisions_and_mutes_within_its_queries(
    moderator: Client,
    desk: Callable[..., str],
    make_comment: Callable[..., Comment],
    make_pending: Callable[..., Review],
    commenter: Commenter,
) -> None:
    ada = User.objects.create_user("ada")
    rows = [make_pending(f"Number {number}.", reader_flags=2) for number in range(3)]
    make_comment("Not scored.")
    decision_record(comment_id=rows[0].pk, action="reject", actor=ada, reason="spam")
    commenter_mute(commenter_id=commenter.pk, actor=ada, reason="insult")
    TeamNote.objects.create(commenter=commenter, author=ada, text="Writes at night.")
    with CaptureQueriesContext(connection) as queries:
        page = moderator.get(desk("commenter", commenter.pk))
    words = page.content.decode()
    assert {(label, count) for _to, label, count in page.context["states"]} == {
        ("pending", 2),
        ("rejected", 1),
        ("unscored", 1),
    }
    for to, _label, count in page.context["states"]:
        assert len(moderator.get(to).context["cards"]) == count
    assert [card.comment.text for card in page.context["cards"]][:2] == ["Not scored.", "Number 2."]
    for said in ("6 reader flags", "muted", "Writes at night.", "rejected"):
        assert said in words, said
    assert len(queries) <= MOST_QUERIES


def test_a_note_is_written_read_by_colleagues_and_taken_away_by_its_author_or_a_senior(
    staff: Callable[..., Client], desk: Callable[..., str], make_pending: Callable[..., Review], commenter: Commenter
) -> None:
    lin, kim, senior, viewer = (staff(role) for role in ("moderator", "moderator", "senior", "viewer"))
    review = make_pending()
    pages = {"comment": review.pk, "commenter": commenter.pk}
    for name, pk in pages.items():
        assert viewer.post(desk(f"{name}-note", pk), {"text": "x"}).status_code == 403
        lin.post(desk(f"{name}-note", pk), {"text": "<b>Known</b> to us."})
        assert "&lt;b&gt;Known&lt;/b&gt; to us." in text_of(kim, desk(name, pk))
    assert not review.comment.decisions.exists(), "a note decides nothing"
    first, second = TeamNote.objects.all()
    for client, left in ((kim, 2), (lin, 1), (senior, 0)):
        client.post(desk("remove-note", (second if client is senior else first).pk))
        assert TeamNote.objects.count() == left


@pytest.mark.parametrize("text", ["", "  ", "x" * 2_001])
def test_a_note_of_no_words_or_too_many_is_refused_in_words(
    moderator: Client, desk: Callable[..., str], commenter: Commenter, text: str
) -> None:
    page = moderator.post(desk("commenter-note", commenter.pk), {"text": text}, follow=True)
    assert "A note has 1 to 2000 characters." in page.content.decode()
    assert not TeamNote.objects.exists()


def test_notes_of_other_sources_are_out_of_reach(
    staff: Callable[..., Client], desk: Callable[..., str], make_pending: Callable[..., Review], commenter: Commenter
) -> None:
    stranger = staff("moderator", Source.objects.create(slug="north", name="North"))
    note = TeamNote.objects.create(commenter=commenter, author=User.objects.create_user("ada"), text="x")
    for name, pk in (("comment", make_pending().pk), ("commenter", commenter.pk)):
        assert stranger.post(desk(f"{name}-note", pk), {"text": "x"}).status_code == 404
    stranger.post(desk("remove-note", note.pk))
    assert TeamNote.objects.count() == 1


def test_notes_go_where_people_go(commenter: Commenter, make_pending: Callable[..., Review]) -> None:
    ada = User.objects.create_user("ada")
    TeamNote.objects.create(commenter=commenter, author=ada, text="x")
    TeamNote.objects.create(comment=make_pending().comment, author=ada, text="y")
    erasure = erasure_run(erasure=commenter_erasure(commenter=commenter))
    assert not TeamNote.objects.exists()
    assert erasure.counts["team_notes"] == 2


def macro(client: Client, desk: Callable[..., str], **fields: str) -> Any:
    said = {"macro": "1", "key": "f", "name": "Spam, known", "action": "reject", "reason": "spam", "note": "Known."}
    return client.post(desk("settings"), {**said, **fields}, follow=True)


def test_a_macro_decides_with_its_reason_and_note_in_one_key(
    moderator: Client, desk: Callable[..., str], make_pending: Callable[..., Review], version: Callable[[Review], str]
) -> None:
    assert "press f" in macro(moderator, desk).content.decode()
    first, second = make_pending(), make_pending()
    assert 'value="macro:f"' in text_of(moderator, desk("comment", first.pk))
    moderator.post(desk("comment", first.pk), {"act": "macro:f", "seen": version(first)})
    moderator.post(desk("comment", second.pk), {"act": "macro:f", "seen": version(second), "note": "Another."})
    rows = {row.comment_id: row for row in (first.comment.decisions.get(), second.comment.decisions.get())}
    assert [(row.action, row.reason, row.note.text) for row in rows.values()] == [
        ("reject", "spam", "Known."),
        ("reject", "spam", "Another."),
    ]
    assert moderator.get(desk("settings")).context["person"].settings.page_size == 25, "settings stay as they are"


def test_a_macro_that_defers_does_so_for_its_time_and_is_taken_away(
    moderator: Client, desk: Callable[..., str], make_pending: Callable[..., Review], version: Callable[[Review], str]
) -> None:
    macro(moderator, desk, key="g", action="defer", reason="", defer="week", name="Later")
    review = make_pending()
    moderator.post(desk("comment", review.pk), {"act": "macro:g", "seen": version(review)})
    review.refresh_from_db()
    assert review.state == "deferred"
    moderator.post(desk("settings"), {"remove": "g"})
    assert moderator.get(desk("settings")).context["person"].macros == []
    assert moderator.post(desk("comment", make_pending().pk), {"act": "macro:g", "seen": version(review)}).status_code


@pytest.mark.parametrize(
    "fields",
    [
        *({"key": "a"}, {"name": " "}, {"name": "x" * 41}, {"action": "none"}, {"reason": "none"}),
        *({"note": "x" * 5_001}, {"action": "approve", "reason": "spam"}, {"defer": "never"}),
    ],
)
def test_a_macro_that_makes_no_sense_is_refused(
    moderator: Client, desk: Callable[..., str], fields: dict[str, str]
) -> None:
    page = macro(moderator, desk, **fields)
    assert page.status_code == 400
    assert page.context["person"].macros == []
