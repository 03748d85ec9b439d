"""A worker is told of what was posted, after the commit; no broker, or one that is away, is nobody's problem."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from archive.importers.records import ArticleRecord
from archive.models import Comment, Source
from moderation.services.intake.ingest import CommentItem, comment_edit, comment_restore, comment_withdraw
from moderation.services.intake.ingest import comments_ingest as ingest
from moderation.services.work import nudges
from moderation.services.work.broker import Task, broker_active

pytestmark = pytest.mark.django_db(transaction=True)


def item(number: int, text: str = "Good morning.") -> CommentItem:
    article = ArticleRecord(external_id="a1", title="Ferries")
    return CommentItem(source="harbor-times", external_id=f"c{number}", article=article, raw=text, text_format="plain")


@pytest.fixture
def source(db: None) -> Source:
    return Source.objects.create(slug="harbor-times", name="Harbor Times")


def test_without_a_broker_nothing_is_told(source: Source) -> None:
    assert broker_active() is None
    assert ingest(items=[item(1)], allowed_sources=frozenset())[0].outcome == "created"


def test_what_was_posted_is_told_in_batches_and_what_was_known_is_not(source: Source, broker: Any) -> None:
    done = ingest(items=[item(number) for number in range(100)], allowed_sources=frozenset())
    assert [task for task, _ in broker.sent] == [Task.SCORE_POSTED] * 2
    assert [len(call["ids"]) for _, call in broker.sent] == [64, 36]
    assert [pk for _, call in broker.sent for pk in call["ids"]] == [one.comment_id for one in done]
    broker.sent.clear()
    ingest(items=[item(1), item(2, "An edit.")], allowed_sources=frozenset())
    assert broker.sent == [(Task.SCORE_POSTED, {"ids": [done[2].comment_id]})]


def test_nothing_is_told_before_the_commit_or_after_a_rollback(source: Source, broker: Any) -> None:
    with transaction.atomic():
        ingest(items=[item(1)], allowed_sources=frozenset())
        assert broker.sent == []
    assert len(broker.sent) == 1
    with transaction.atomic():
        ingest(items=[item(2)], allowed_sources=frozenset())
        transaction.set_rollback(True)
    assert len(broker.sent) == 1


def test_an_edit_and_a_withdrawal_taken_back_are_told(make_comment: Callable[..., Comment], broker: Any) -> None:
    comment = make_comment()
    comment_edit(comment=comment, text="Another text.")
    comment_withdraw(comment=comment)
    comment_restore(comment=comment)
    assert broker.sent == [(Task.SCORE_POSTED, {"ids": [comment.pk]})] * 2


def test_a_broker_that_is_away_is_left_alone_for_a_moment_and_nobody_fails(
    source: Source, broker: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broker.away = True
    ingest(items=[item(1)], allowed_sources=frozenset())
    assert "no nudge for 1 comment(s)" in caplog.text
    broker.away = False
    ingest(items=[item(2)], allowed_sources=frozenset())
    assert broker.sent == []
    monkeypatch.setattr(nudges, "_paused_until", 0.0)
    ingest(items=[item(3)], allowed_sources=frozenset())
    assert len(broker.sent) == 1
    assert Comment.objects.count() == 3
