"""Facts beside scores: stored when a text is scored, and made for older reviews by a walk."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from archive.models import Comment
from moderation.models import Review, State
from moderation.services.verdicts.facts_walk import facts_lacking, facts_make
from moderation.services.word_lists.entries import Entry
from moderation.services.word_lists.lists import Author, word_list_change, word_list_create

SHOUT = "YOU BLORG, go home"


def old(make_comment: Callable[..., Comment], make_review: Callable[..., Review], text: str, **columns: Any) -> Review:
    """A review as it was stored before there were lists."""
    comment = make_comment(text)
    facts = {"text_hash": comment.text_hash, "links": 0, "length": len(text), "near_hash": "0" * 16}
    return make_review(comment, facts={**facts, "rejected_by_person": True}, **columns)


def test_a_walk_makes_what_is_lacking_and_the_next_does_nothing(
    make_comment: Callable[..., Comment], make_review: Callable[..., Review]
) -> None:
    first, second = (old(make_comment, make_review, SHOUT) for _ in range(2))
    version = word_list_create(name="slurs", entries=[Entry("blorg")], author=Author())
    lacking = facts_lacking()
    assert (lacking.reviews, lacking.texts, lacking.lists, lacking.any) == (2, 2, {"slurs": 2}, True)
    assert (facts_make().done, facts_make().total) == (2, 0)
    second.refresh_from_db()
    assert second.facts["lists"] == {"slurs": {"version": 1, "hits": 1}}
    assert (second.facts["repeats"], second.facts["capitals"]) == (1, pytest.approx(8 / 14, abs=1e-4))
    assert second.facts["rejected_by_person"] is True
    assert (second.facts_edition, second.near_hash) == (version.pk, second.facts["near_hash"])
    first.refresh_from_db()
    assert first.facts["repeats"] == 0
    assert facts_lacking().any is False


def test_a_changed_list_lacks_hits_until_the_walk_and_other_lists_do_not(
    make_comment: Callable[..., Comment], make_review: Callable[..., Review]
) -> None:
    review = old(make_comment, make_review, SHOUT)
    for name in ("slurs", "other"):
        word_list_create(name=name, entries=[Entry("blorg")], author=Author())
    facts_make()
    word_list_change(name="slurs", remove=[Entry("blorg")], author=Author())
    assert (facts_lacking().texts, facts_lacking().lists) == (0, {"other": 0, "slurs": 1})
    facts_make()
    review.refresh_from_db()
    assert review.facts["lists"] == {"other": {"version": 1, "hits": 1}, "slurs": {"version": 2, "hits": 0}}


def test_a_walk_that_is_stopped_goes_on_where_it_was(
    make_comment: Callable[..., Comment], make_review: Callable[..., Review], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.services.verdicts.facts_walk.CHUNK", 2)
    ids = [old(make_comment, make_review, f"{SHOUT} {at}").pk for at in range(5)]
    answers = iter([False, True])
    report = facts_make(stop=lambda: next(answers))
    assert (report.total, report.done, report.stopped) == (5, 2, True)
    assert (facts_make(first=ids[4]).done, facts_make(last=ids[2]).done, facts_make().done) == (1, 1, 1)


def test_a_text_that_changed_and_a_closed_review_are_left_alone(
    make_comment: Callable[..., Comment], make_review: Callable[..., Review]
) -> None:
    edited = old(make_comment, make_review, SHOUT)
    old(make_comment, make_review, SHOUT, state=State.CLOSED)
    Comment.objects.filter(pk=edited.pk).update(text="other", text_hash="h", revision=2)
    report = facts_make()
    assert (report.total, report.done, report.changed) == (1, 0, 1)


def test_the_command_walks_and_says_what_is_lacking(
    make_comment: Callable[..., Comment], make_review: Callable[..., Review]
) -> None:
    old(make_comment, make_review, SHOUT)
    word_list_create(name="slurs", entries=[Entry("blorg")], author=Author())
    out = StringIO()
    call_command("review_facts", "--check", stdout=out)
    call_command("review_facts", "--source", Review.objects.get().source.slug, stdout=out)
    assert out.getvalue().splitlines() == [
        "1 of 1 reviews lack facts of their texts.",
        "1 were not matched with the current version of the word list slurs.",
        "1 of 1 reviews done; 0 changed meanwhile.",
    ]
    with pytest.raises(CommandError, match="--last"):
        call_command("review_facts", "--first", "5", "--last", "4")
