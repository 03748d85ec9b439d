"""What was kept long enough goes, by kind and by source, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command

from archive.models import Article, Comment, Commenter, CommentRevision, Source
from moderation.models import Appeal, DecisionNote, Erasure, Feedback, LookUp, ReaderFlag, Review
from moderation.services.ledger.append import decision_row
from moderation.services.privacy import retention
from moderation.services.privacy.retention import PARTS, retention_apply, retention_due
from moderation.services.privacy.retention_rules import KINDS, WITHOUT_SOURCE, RetentionRule, retention_rules
from moderation.services.review.mutes import commenter_mute

NOW = datetime(2026, 6, 1, tzinfo=UTC)
OLD, NEW = NOW - timedelta(days=31), NOW - timedelta(days=29)
Rows = dict[str, Callable[[], int]]


def rule(kind: str, source: str = "", days: int = 30) -> RetentionRule:
    return RetentionRule(kind, days, source)


def taken(*rules: RetentionRule, **options: Any) -> list[int]:
    return [one.rows for one in retention_apply(rules=rules, now=NOW, **options)]


@pytest.fixture
def pairs(reviewed: Callable[..., Review], commenter: Commenter, ada: User) -> Rows:
    """Stores an old and a new row of each kind; returns kind → what counts those that are left of the two."""
    for at in (OLD, NEW):
        comment = reviewed("rejected", comment={"created_at": at}, decided_at=at).comment
        CommentRevision.objects.create(comment=comment, revision=1, raw="Earlier.", text="Earlier.")
        Comment.objects.filter(pk=comment.pk).update(edited_at=at)
        Feedback.objects.create(text="A text.", scores={}, at=at)
        ReaderFlag.objects.create(comment=comment, reporter=f"reader {at}", reason="spam", at=at)
        LookUp.objects.create(commenter=commenter, actor=ada, at=at)
        decision = decision_row(comment=comment, review=comment.review, kind="person", action="reject")
        decision.save()
        Appeal.objects.create(decision=decision, comment=comment, text="Why?", outcome="upheld", decided_at=at)
        Session.objects.create(session_key=str(at)[:30], session_data="x", expire_date=at)
        entry = LogEntry.objects.create(user=ada, action_flag=CHANGE, object_repr="x")
        LogEntry.objects.filter(pk=entry.pk).update(action_time=at)
        for model in (AccessAttempt, AccessFailureLog, AccessLog):
            more = {"failures_since_start": 1} if model is AccessAttempt else {}
            row = model._default_manager.create(username=str(at), ip_address="127.0.0.1", **more)
            model._default_manager.filter(pk=row.pk).update(attempt_time=at)
    noted(commenter, ada)
    return {
        "comments": Comment.objects.filter(erased_at=None, review__state="rejected").count,
        "removed": Comment.objects.filter(erased_at=None, review__state="rejected").count,
        "revisions": CommentRevision.objects.count,
        "appeals": Appeal.objects.exclude(text="").count,
        "feedback": Feedback.objects.count,
        "reports": ReaderFlag.objects.filter(reporter__startswith="reader").count,
        "look_ups": LookUp.objects.count,
        "sessions": Session.objects.count,
        "admin_log": LogEntry.objects.count,
        "log_ins": lambda: max(one._default_manager.count() for one in (AccessAttempt, AccessFailureLog, AccessLog)),
        "notes": DecisionNote.objects.count,
    }


def noted(commenter: Commenter, ada: User) -> None:
    """Two notes on mutes, whose ledger rows say when: see `ledger_time`."""
    for name in ("one", "two"):
        reader = Commenter.objects.create(source=commenter.source, external_id=name)
        decision = commenter_mute(commenter_id=reader.pk, actor=ada, reason="spam").decision
        DecisionNote.objects.create(decision=decision, text="A note.")


@pytest.fixture
def ledger_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger's rows cannot be dated back: they are written at the time that the test says."""
    times = iter([OLD, NEW])
    monkeypatch.setattr("moderation.services.review.mutes.database_now", lambda: next(times))


@pytest.mark.usefixtures("ledger_time")
@pytest.mark.parametrize("kind", KINDS)
def test_of_each_kind_the_old_row_goes_and_the_new_one_stays(kind: str, pairs: Rows) -> None:
    counts = {name: count() for name, count in pairs.items()}
    assert counts[kind] == 2
    (due,) = retention_due(rules=[rule(kind)], now=NOW)
    assert {name: count() for name, count in pairs.items()} == counts
    assert taken(rule(kind)) == [due.rows] == [3 if kind == "log_ins" else 1]
    assert pairs[kind]() == 1
    assert taken(rule(kind)) == [0]


def test_every_kind_has_its_rows_and_those_without_a_source_say_so() -> None:
    assert set(PARTS) == set(KINDS)
    assert {kind for kind, parts in PARTS.items() if not all(part.source for part in parts)} == WITHOUT_SOURCE


def test_a_source_with_a_rule_of_its_own_is_left_out_of_the_general_one(
    make_comment: Callable[..., Comment], source: Source
) -> None:
    other = Source.objects.create(slug="other", name="Other")
    there = Article.objects.create(source=other, external_id="b1")
    make_comment("Here.", created_at=OLD)
    make_comment("There.", created_at=OLD, source=other, article=there)
    assert taken(rule("comments"), rule("comments", "other", 60)) == [1, 0]
    assert Comment.objects.get(erased_at=None).source == other
    assert taken(rule("comments"), rule("comments", "other", 20)) == [0, 1]


def test_withdrawn_and_deleted_comments_count_as_removed_and_pending_ones_do_not(
    reviewed: Callable[..., Review], make_comment: Callable[..., Comment]
) -> None:
    withdrawn = make_comment("Withdrawn.", withdrawn_at=OLD)
    deleted = reviewed("closed", comment={"origin_state": "deleted"}, updated_at=OLD).comment
    reviewed("pending", decided_at=OLD)
    make_comment("Withdrawn since.", withdrawn_at=NEW)
    assert taken(rule("removed")) == [2]
    assert set(Comment.objects.filter(erased_at__isnull=False)) == {withdrawn, deleted}


def test_it_works_in_batches_each_with_a_receipt_and_stops_between_them(
    make_comment: Callable[..., Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        make_comment("Old.", created_at=OLD)
    monkeypatch.setattr(retention, "BATCH", 2)
    stops = iter([False, True])
    assert taken(rule("comments"), stop=lambda: next(stops)) == [2]
    assert taken(rule("comments")) == [3]
    receipts = Erasure.objects.order_by("pk").values_list("kind", "counts__comments")
    assert list(receipts) == [("retention", 2), ("retention", 2), ("retention", 1)]
    assert not Erasure.objects.unfinished().exists()


def test_the_command_shows_first_and_erases_when_told_to(
    make_comment: Callable[..., Comment], source: Source, settings: Any
) -> None:
    make_comment("Old.", created_at=OLD)
    settings.MODERATION_RETENTION = retention_rules(["comments=30", "harbor-times:comments=20", "notes=10"])

    def run(*options: str) -> str:
        out = StringIO()
        call_command("retention", *options, stdout=out, stderr=StringIO())
        return out.getvalue()

    shown = "comments after 30 days: 0 would be erased\nharbor-times: comments after 20 days: 1 would be erased\n"
    assert run("--kind", "comments") == shown
    assert Comment.objects.get().text == "Old."
    assert run("--apply", "--source", "harbor-times") == "harbor-times: comments after 20 days: 1 erased\n"
    assert Comment.objects.get().text == ""
    with pytest.raises(CommandError, match="no such rule"):
        run("--kind", "sessions")
    settings.MODERATION_RETENTION = retention_rules(["nowhere:comments=30"])
    with pytest.raises(CommandError, match="there is no source nowhere"):
        run()


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("notes", "is not KIND=DAYS"),
        ("notes=0", "1 to 36,500"),
        ("notes=99999", "1 to 36,500"),
        ("notes=-1", "is not KIND=DAYS"),
        ("diaries=3", "a kind is one of comments"),
        ("news:sessions=3", "belong to no source"),
        ("x" * 5_000, "is not KIND=DAYS"),
    ],
)
def test_a_rule_that_makes_no_sense_is_named(part: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        retention_rules(["comments=30", part])
    assert len(str(refused.value)) < 300


def test_a_rule_that_stands_twice_is_named() -> None:
    with pytest.raises(ValueError, match="news:notes stands twice"):
        retention_rules(["news:notes=3", "notes=4", "news:notes=5"])
