"""The checker finds each violation that is planted, and nothing in a database that is sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from archive.models import Comment
from moderation.models import Claim, Decision, Delivery, Review, Score, WebhookTarget
from moderation.services.batch_scoring.options import ScoreOptions
from moderation.services.batch_scoring.run import comments_score
from moderation.services.review.decisions import decision_record
from tests.faults.invariants import Acknowledged, violations

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="the checker reads PostgreSQL"),
]


def query(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


@pytest.fixture
def told(make_comment: Callable[..., Comment]) -> Acknowledged:
    """A sound database of three comments that were scored, one of which was decided on and sent out."""
    WebhookTarget.objects.create(url="https://x.example", salt="s", mark="m")
    comments = [make_comment(f"The ferry of {hour} was late again.") for hour in range(3)]
    comments_score(options=ScoreOptions())
    ada = User.objects.create_superuser("ada")
    row = decision_record(comment_id=comments[0].pk, action="reject", actor=ada)
    Delivery.objects.update(delivered_at=timezone.now())
    messages = [str(message) for message in Delivery.objects.values_list("message", flat=True)]
    return Acknowledged([comment.pk for comment in comments], [row.pk], lambda: messages)


def found(told: Acknowledged, *, settled: bool = True) -> list[str]:
    return [line.partition(":")[0] for line in violations(query, told, settled=settled)]


def test_a_sound_database_has_none(told: Acknowledged) -> None:
    assert len(told.messages()) == 1
    assert violations(query, told, settled=True) == []


def test_what_was_acknowledged_and_is_not_there_is_found(told: Acknowledged) -> None:
    told.comments.append(10**9)
    told.decisions.append(10**9 + 1)
    assert violations(query, told, settled=True) == [
        "lost: a comment that was acknowledged: 1, first 1000000000",
        "lost: a decision that was acknowledged: 1, first 1000000001",
    ]


def test_a_second_score_is_found(told: Acknowledged) -> None:
    kept = Score.objects.get(comment=told.comments[1])
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name, details in connection.introspection.get_constraints(cursor, "moderation_score").items():
            if details["unique"] and not details["primary_key"]:
                cursor.execute(f'ALTER TABLE moderation_score DROP CONSTRAINT IF EXISTS "{name}"')
                cursor.execute(f'DROP INDEX IF EXISTS "{name}"')
    Score.objects.create(comment_id=kept.comment_id, model=kept.model, revision=1, text_hash=kept.text_hash)
    assert found(told) == ["scored twice"]


def test_a_second_verdict_in_the_ledger_is_found(told: Acknowledged) -> None:
    row = Decision.objects.get()
    for _ in range(2):
        row.pk, row.kind, row.actor = None, "policy", None
        row.save(force_insert=True)
        Delivery.objects.create(
            target=WebhookTarget.objects.get(),
            decision=row,
            delivered_at=timezone.now(),
            message=next(iter(told.messages())),
        )
    assert found(told) == ["judged twice by the policy"]


def test_a_comment_that_is_marked_without_a_verdict_or_with_one_of_another_text_is_found(told: Acknowledged) -> None:
    Review.objects.filter(comment=told.comments[1]).delete()
    Comment.objects.filter(pk=told.comments[2]).update(text_hash="f" * 64)
    assert found(told) == ["marked as done without a verdict", "done with the score of another text"]


def test_a_lease_that_nobody_took_over_is_found_and_one_that_has_just_ended_is_not(told: Acknowledged) -> None:
    ended = timezone.now() - timedelta(seconds=20)
    claim = Claim.objects.create(comment_id=told.comments[1], worker="w", lease_until=ended)
    assert found(told) == []
    Claim.objects.filter(pk=claim.pk).update(lease_until=ended - timedelta(seconds=20))
    assert found(told) == ["stuck past its lease"]


def test_a_decision_without_effect_or_without_a_delivery_is_found(told: Acknowledged) -> None:
    Review.objects.filter(comment=told.comments[0]).update(state="pending")
    Delivery.objects.all().delete()
    assert found(told) == ["in another state than its last decision says", "decided and not to be sent out"]


def test_a_delivery_that_never_arrived_is_found(told: Acknowledged) -> None:
    told.messages = lambda: [str(uuid4())]
    assert found(told) == ["marked as delivered and never received"]


def test_what_is_left_at_the_end_is_found_only_then(told: Acknowledged) -> None:
    Delivery.objects.update(delivered_at=None)
    Comment.objects.filter(pk=told.comments[1]).update(revision=2)
    assert found(told, settled=False) == []
    assert found(told) == ["unscored at the end", "undelivered at the end"]
