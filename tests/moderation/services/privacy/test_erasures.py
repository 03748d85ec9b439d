"""Erasing a commenter or a comment: what is gone, what stays, in which order, and what happens at the same time."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from archive.importers.records import ArticleRecord, CommentRecord
from archive.models import Comment, Commenter, Source
from archive.services import commenters, comments_store
from moderation.models import (
    Action,
    Decision,
    DecisionNote,
    Delivery,
    Erasure,
    Feedback,
    ReaderFlag,
    Review,
    Score,
    Standing,
)
from moderation.services.errors import ServiceError
from moderation.services.intake.ingest import comment_edit
from moderation.services.ledger.append import text_seal
from moderation.services.privacy import erasures
from moderation.services.privacy.erasures import (
    comment_erasure,
    commenter_erasure,
    erasure_receipt,
    erasure_run,
)
from moderation.services.privacy.export import comment_export_lines, commenter_export_lines, confirmation_of
from moderation.services.review.decisions import decision_record
from moderation.services.review.mutes import commenter_mute
from moderation.services.review.standings import standing_begin
from moderation.services.webhooks.targets import webhook_target_create

WORD = "zqcanary"


def ledger() -> list[dict[str, Any]]:
    return list(Decision.objects.order_by("pk").values())


@pytest.fixture
def told(
    reviewed: Callable[..., Review], make_comment: Callable[..., Comment], commenter: Commenter, ada: User
) -> list[Comment]:
    """A rejected comment with a note, an edited one with feedback, and one that is not scored yet."""
    rejected = reviewed(comment={"raw": f"You {WORD}.", "text": f"You {WORD}.", "meta": {"quoted": WORD}}).comment
    decision_record(comment_id=rejected.pk, action=Action.REJECT, actor=ada, reason="insult", note=f"Says {WORD}.")
    edited = make_comment(f"First {WORD}.")
    comment_edit(comment=edited, text=f"Then {WORD}.")
    Feedback.objects.create(comment=edited, text="Then.", scores={"TOXICITY": 1})
    Feedback.objects.create(text=f"First {WORD}.", scores={"TOXICITY": 1})
    commenter_mute(commenter_id=commenter.pk, actor=ada, reason="spam")
    standing_begin(commenter=commenter, kind="staff", note=f"Knows {WORD}.", actor=ada)
    return [rejected, edited, make_comment(f"New {WORD}.")]


def erased(commenter: Commenter, **options: Any) -> Erasure:
    return erasure_run(erasure=commenter_erasure(commenter=commenter, **options))


def test_everything_of_a_commenter_is_gone_and_the_ledgers_rows_stay_as_they_were(
    told: list[Comment], commenter: Commenter, ada: User
) -> None:
    before = ledger()
    receipt = erasure_receipt(erased(commenter, actor=ada))
    rows = Comment.objects.order_by("pk")
    assert {(one.raw, one.text, one.text_hash, bytes(one.seal_key), str(one.meta)) for one in rows} == {
        ("", "", "", b"", "{}")
    }
    assert all(one.erased_at and one.taken_revision == one.revision for one in rows)
    assert {one.external_id for one in rows} == {one.external_id for one in told}
    assert not DecisionNote.objects.exists()
    assert not Feedback.objects.exists()
    assert not Score.objects.exists()
    assert Standing.objects.get().note == ""
    reviews = Review.objects.all()
    assert {(one.state, str(one.facts), str(one.verdict), one.toxicity) for one in reviews} == {
        ("closed", "{}", "{}", None)
    }
    commenter.refresh_from_db()
    assert (commenter.name, commenter.external_id[:7], bool(commenter.erased_at)) == ("", "erased:", True)
    assert ledger()[: len(before)] == before
    assert WORD not in str(ledger())
    assert receipt["counts"] == {
        "commenters": 1, "comments": 3, "feedback": 2, "notes": 1, "revisions": 1, "scores": 1, "standings": 1
    }  # fmt: skip
    assert receipt["finished_at"]


def test_the_ledger_tells_of_each_comment_and_last_of_the_commenter_and_the_site_hears_it(
    told: list[Comment], commenter: Commenter, ada: User
) -> None:
    target = webhook_target_create(url="https://example.org/hook")[0]
    erased(commenter, actor=ada)
    rows = Decision.objects.filter(action=Action.ERASE).order_by("pk")
    assert [(one.comment_id, one.commenter_id, one.from_state, one.to_state) for one in rows] == [
        (told[0].pk, None, "rejected", "closed"),
        (told[1].pk, None, "unscored", "closed"),
        (told[2].pk, None, "unscored", "closed"),
        (None, commenter.pk, "stored", "erased"),
    ]
    assert {(one.kind, one.actor, one.text_seal, str(one.scores)) for one in rows} == {("person", ada, "", "{}")}
    events = [one.event for one in Delivery.objects.filter(target=target).order_by("pk")]
    assert events == [*["comment.erased"] * 3, "commenter.erased"]


def test_the_seal_of_a_judged_text_cannot_be_checked_any_more(told: list[Comment], commenter: Commenter) -> None:
    assert text_seal(told[0]) == Decision.objects.get(action=Action.REJECT).text_seal != ""
    erased(commenter)
    told[0].refresh_from_db()
    assert text_seal(told[0]) == ""


def test_one_comment_is_erased_and_the_others_and_the_name_stay(told: list[Comment], commenter: Commenter) -> None:
    receipt = erasure_receipt(erasure_run(erasure=comment_erasure(comment=told[0], api_key="site")))
    assert (receipt["kind"], receipt["comment"], receipt["counts"]["comments"]) == ("comment", told[0].pk, 1)
    commenter.refresh_from_db()
    assert commenter.name == "Ada"
    assert Comment.objects.filter(erased_at=None).count() == 2
    row = Decision.objects.get(action=Action.ERASE)
    assert (row.kind, row.api_key, row.actor) == ("system", "site", None)
    with pytest.raises(ServiceError, match="erased already"):
        comment_erasure(comment=Comment.objects.get(pk=told[0].pk))


def test_who_reported_others_is_not_told_any_more(reviewed: Callable[..., Review], source: Source) -> None:
    reader = Commenter.objects.create(source=source, external_id="u7", name="Bo")
    other = Source.objects.create(slug="other", name="Other")
    theirs = reviewed().comment
    for reason in ("insult", "spam"):
        ReaderFlag.objects.create(comment=theirs, reporter="u7", reason=reason)
    elsewhere = Comment.objects.create(**copied(theirs, other), external_id="e1")
    ReaderFlag.objects.create(comment=elsewhere, reporter="u7", reason="spam")
    erased(reader)
    mine = set(ReaderFlag.objects.filter(comment=theirs).values_list("reporter", flat=True))
    assert len(mine) == 1
    assert next(iter(mine)).startswith("erased:")
    assert ReaderFlag.objects.get(comment=elsewhere).reporter == "u7"


def copied(comment: Comment, source: Source) -> dict[str, Any]:
    names = ("article", "raw", "text", "text_hash", "created_at")
    return {"source": source, **{name: getattr(comment, name) for name in names}}


def test_an_erasure_that_is_stopped_goes_on_where_it_was(
    make_comment: Callable[..., Comment], commenter: Commenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasures, "BATCH", 2)
    for _ in range(5):
        make_comment(WORD)
    stops = iter([False, True])
    first = erasure_run(erasure=commenter_erasure(commenter=commenter), stop=lambda: next(stops))
    assert (first.finished_at, first.counts["comments"]) == (None, 2)
    assert Commenter.objects.get(pk=commenter.pk).name == "Ada"
    again = commenter_erasure(commenter=commenter, confirmation="nothing that is looked at")
    assert again == first
    assert erasure_run(erasure=again).counts["comments"] == 5
    assert Decision.objects.filter(action=Action.ERASE).count() == 6
    assert erasure_run(erasure=again).counts == {**again.counts, "comments": 5, "commenters": 1}
    assert Decision.objects.filter(action=Action.ERASE).count() == 6


def test_the_export_has_everything_and_no_other_persons_name(
    told: list[Comment], commenter: Commenter, ada: User
) -> None:
    ReaderFlag.objects.create(comment=told[0], reporter="informer", reason="insult")
    lines = [json.loads(line) for line in commenter_export_lines(commenter=commenter)]
    assert [line["kind"] for line in lines] == ["commenter", "comment", "comment", "comment", "end"]
    who, rejected, edited, _new, end = lines
    assert (who["name"], who["standings"][0]["note"]) == ("Ada", f"Knows {WORD}.")
    assert [row["action"] for row in who["decisions"]] == ["mute"]
    assert (rejected["text"], rejected["decisions"][0]["note"]) == (f"You {WORD}.", f"Says {WORD}.")
    assert rejected["reports"][0]["reason"] == "insult"
    assert [one["raw"] for one in edited["earlier_texts"]] == [f"First {WORD}."]
    assert edited["feedback"][0]["scores"] == {"TOXICITY": 1}
    assert end["confirmation"] == end["sha256"][:16]
    assert "informer" not in str(lines)
    assert "actor" not in rejected["decisions"][0]


def test_nothing_is_erased_with_the_confirmation_of_an_earlier_export(
    told: list[Comment], commenter: Commenter, make_comment: Callable[..., Comment]
) -> None:
    end = json.loads([*commenter_export_lines(commenter=commenter)][-1])
    make_comment("Came since.")
    with pytest.raises(ServiceError) as refused:
        commenter_erasure(commenter=commenter, confirmation=end["confirmation"])
    assert (refused.value.errors[0].pointer, Erasure.objects.count()) == ("/confirmation", 0)
    digest = json.loads([*commenter_export_lines(commenter=commenter)][-1])["sha256"]
    made = commenter_erasure(commenter=commenter, confirmation=confirmation_of(digest))
    assert made.export_sha256 == digest


def test_an_export_of_a_comment_is_one_line_and_its_seal(told: list[Comment]) -> None:
    comment, end = (json.loads(line) for line in comment_export_lines(comment=told[0]))
    assert (comment["id"], end["kind"]) == (told[0].pk, "end")


def test_an_erased_commenter_is_not_erased_again(commenter: Commenter) -> None:
    erased(commenter)
    commenter.refresh_from_db()
    with pytest.raises(ServiceError, match="erased already"):
        commenter_erasure(commenter=commenter)


def record(number: int) -> CommentRecord:
    article = ArticleRecord(external_id="a1")
    return CommentRecord(
        external_id=f"r{number}",
        article=article,
        raw=f"Words {number}.",
        commenter_external_id="u1",
        commenter_name="Al",
    )


def in_thread(work: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_an_import_that_found_the_commenter_before_the_erasure_leaves_no_words_and_no_name(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    comments_store(source=source, records=[record(1)])
    reader = Commenter.objects.get(external_id="u1")
    found, go_on, first = threading.Event(), threading.Event(), threading.Lock()
    share = commenters.rows_share

    def paused(*args: Any, **still: Any) -> set[int]:
        ids = share(*args, **still)
        if first.acquire(blocking=False):
            found.set()
            go_on.wait(10)
        return ids

    monkeypatch.setattr(commenters, "rows_share", paused)
    writing = in_thread(lambda: comments_store(source=source, records=[record(2)]))
    assert found.wait(10)
    erasing = in_thread(lambda: erased(reader))
    erasing.join(0.5)
    go_on.set()
    writing.join(20)
    erasing.join(20)
    assert not writing.is_alive()
    assert not erasing.is_alive()
    reader.refresh_from_db()
    # The import came first: what it wrote is the erased commenter's, and erased with them.
    assert reader.erased_at is not None
    assert not Comment.objects.filter(commenter=reader, erased_at=None).exists()
    assert Commenter.objects.filter(name="Al").count() == 0
    assert not Comment.objects.exclude(text="").exists()


@pytest.mark.django_db(transaction=True)
def test_imports_and_edits_during_an_erasure_bring_no_erased_words_back(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasures, "BATCH", 3)
    comments_store(source=source, records=[record(number) for number in range(40)])
    reader, ended = Commenter.objects.get(external_id="u1"), threading.Event()

    def again() -> None:
        while not ended.is_set():
            comments_store(source=source, records=[record(number) for number in range(40)])
            comment_edit(comment=Comment.objects.get(external_id="r39"), text="Edited words.")

    writing = in_thread(again)
    try:
        erased(reader)
    finally:
        ended.set()
        writing.join(30)
    assert not writing.is_alive()
    assert Comment.objects.count() == 40
    assert not Comment.objects.exclude(text="").exists()
    assert not Comment.objects.filter(revisions__isnull=False).exists()
    assert not Commenter.objects.filter(name="Al").exists()
