"""Records and reports as they were when a comment came: what people decide later never flows into a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from archive.models import Article, Comment, Commenter, Source
from moderation.models import Decision, Mute, ReaderFlag, Standing
from moderation.policies import CommenterRecord, Features
from moderation.services.facts.as_of import Subject, features_as_of
from moderation.services.facts.history import MOST_SECONDS, History
from moderation.services.facts.moments import microseconds
from moderation.services.facts.records import Records
from moderation.services.facts.timeline import Act, Timeline

START = datetime(2026, 3, 1, tzinfo=UTC)
NEEDED = frozenset({"commenter", "flags"})
NOTHING = CommenterRecord(approved=0, decided=0, rejected=0, muted_before=False, exempt=False, staff=False)


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


@pytest.fixture
def reader(source: Source) -> Commenter:
    return Commenter.objects.create(source=source, external_id="reader", name="Reader")


@pytest.fixture
def came(make_comment: Callable[..., Comment], reader: Commenter) -> Callable[..., Comment]:
    """Makes a comment of the reader's that came so many hours after the start."""

    def make(at: float, **columns: Any) -> Comment:
        return make_comment(created_at=hours(at), received_at=hours(at), **{"commenter": reader, **columns})

    return make


def decide(comment: Comment, state: str, at: float, kind: str = "person", **columns: Any) -> Decision:
    said = {"action": "approve", "from_state": "pending", "revision": 1, **columns}
    return Decision.objects.create(comment=comment, kind=kind, to_state=state, at=hours(at), **said)


def record_of(comment: Comment) -> CommenterRecord | None:
    return features_of(comment).commenter


def features_of(comment: Comment) -> Features:
    subject = Subject.of(comment, language="en", features=Features())
    return features_as_of(subjects=[subject], needed=NEEDED)[0]


def test_only_what_people_decided_before_a_comment_came_is_in_the_record(came: Callable[..., Comment]) -> None:
    first, second, third = came(0), came(1), came(10)
    decide(first, "approved", 5)
    decide(second, "rejected", 9)
    decide(came(2), "rejected", 6, kind="policy")
    decide(came(3), "rejected", 10)
    assert record_of(third) == CommenterRecord(1, 2, 1, False, False, False)
    assert record_of(second) == NOTHING


def test_an_undo_and_a_second_decision_replace_the_first(came: Callable[..., Comment]) -> None:
    undone, turned, last = came(0), came(1), came(10)
    decide(undone, "rejected", 2)
    decide(undone, "pending", 3, kind="undo")
    decide(turned, "rejected", 4)
    decide(turned, "approved", 5)
    assert record_of(last) == CommenterRecord(1, 1, 0, False, False, False)


def test_the_share_of_the_rejected_is_of_the_last_twenty() -> None:
    acts = [Act(at, at, "rejected" if at < 10 else "approved") for at in range(25)]
    counts = Timeline(acts).before(25)
    assert (counts.approved, counts.decided, counts.last_decided, counts.last_rejected) == (15, 25, 20, 5)
    assert Timeline(acts).before(3).decided == 3


def test_mutes_and_standings_count_from_when_they_began(came: Callable[..., Comment], reader: Commenter) -> None:
    row = Decision.objects.create(
        commenter=reader, kind="person", action="mute", from_state="unmuted", to_state="muted"
    )
    Mute.objects.create(commenter=reader, decision=row, reason="insult", since=hours(5), ended_at=hours(6))
    Standing.objects.create(commenter=reader, kind="staff", since=hours(3), ended_at=hours(8))
    Standing.objects.create(commenter=reader, kind="exempt", since=hours(7))
    records = [record_of(came(at)) for at in (1, 4, 7.5, 9)]
    assert [(one.muted_before, one.staff, one.exempt) for one in records if one] == [
        (False, False, False),
        (False, True, False),
        (True, True, True),
        (True, False, True),
    ]


def test_a_reporter_counts_by_how_often_people_agreed_before_the_last_report(
    came: Callable[..., Comment], make_comment: Callable[..., Comment]
) -> None:
    for at, state in enumerate(("rejected", "rejected", "approved")):
        earlier = came(at)
        ReaderFlag.objects.create(comment=earlier, reporter="ann", reason="insult", at=hours(at + 0.1))
        decide(earlier, state, at + 0.5)
    comment, later = came(10), came(11)
    ReaderFlag.objects.create(comment=comment, reporter="ann", reason="insult", at=hours(12))
    ReaderFlag.objects.create(comment=comment, reporter="ann", reason="spam", at=hours(12))
    ReaderFlag.objects.create(comment=comment, reporter="new", reason="spam", at=hours(12))
    ReaderFlag.objects.create(comment=later, reporter="new", reason="spam", at=hours(11.5))
    decide(later, "rejected", 13)
    assert features_of(comment).flags == pytest.approx(3 / 5 + 1 / 2)
    assert features_of(came(14)).flags == 0.0


def test_reports_after_a_persons_decision_do_not_count(came: Callable[..., Comment]) -> None:
    comment = came(0)
    ReaderFlag.objects.create(comment=comment, reporter="ann", reason="spam", at=hours(1))
    decide(comment, "rejected", 2)
    ReaderFlag.objects.create(comment=comment, reporter="bob", reason="spam", at=hours(3))
    assert features_of(comment).flags == pytest.approx(0.5)


def leaks(comments: list[Comment], read: Callable[[Comment], Features]) -> Iterator[int]:
    """Yields the ids of comments whose features change with what people decide after they came."""
    before = {one.pk: read(one) for one in comments}
    for one in comments:
        decide(one, "rejected", 1_000)
        decide(one, "approved", 1_001)
    yield from (one.pk for one in comments if read(one) != before[one.pk])


def leaking(comment: Comment) -> Features:
    """What a reader would see that forgot the moment."""
    subject = Subject.of(comment, language="en", features=Features())
    object.__setattr__(subject, "came_at", hours(5_000))
    return features_as_of(subjects=[subject], needed=NEEDED)[0]


def some(came: Callable[..., Comment]) -> list[Comment]:
    comments = [came(at) for at in range(6)]
    for at, one in enumerate(comments):
        decide(one, ("approved", "rejected")[at % 2], at + 0.5)
        ReaderFlag.objects.create(comment=one, reporter=f"r{at % 2}", reason="spam", at=hours(at + 0.2))
    return comments


def test_no_later_decision_leaks_into_features(came: Callable[..., Comment]) -> None:
    assert list(leaks(some(came), features_of)) == []


def test_a_planted_leak_of_later_decisions_is_found(came: Callable[..., Comment]) -> None:
    comments = some(came)
    assert list(leaks(comments, leaking)) == [one.pk for one in comments]


def test_a_chunk_takes_the_same_queries_however_large_it_is_and_none_that_nobody_needs(
    came: Callable[..., Comment], make_comment: Callable[..., Comment], source: Source
) -> None:
    def queries(number: int, needed: frozenset[str]) -> int:
        subjects = []
        for at in range(number):
            commenter = Commenter.objects.create(source=source, external_id=f"{number}-{at}-{len(needed)}")
            comment = came(at, commenter=commenter)
            decide(comment, "rejected", at + 1)
            ReaderFlag.objects.create(comment=comment, reporter=f"{number}-{at}", reason="spam", at=hours(at + 0.5))
            subjects.append(Subject.of(comment, language="en", features=Features()))
        with CaptureQueriesContext(
            connection,
        ) as captured:
            features_as_of(subjects=subjects, needed=needed)
        return len(captured)

    assert queries(2, NEEDED) == queries(30, NEEDED) == 6
    assert queries(3, frozenset({"links", "language", "article_age_hours"})) == 0


def test_a_history_reads_a_commenter_once_in_a_run(came: Callable[..., Comment]) -> None:
    history, comments = History(), [came(at) for at in range(3)]
    subjects = [Subject.of(one, language="en", features=Features()) for one in comments]
    features_as_of(subjects=subjects[:2], needed={"commenter"}, history=history)
    with CaptureQueriesContext(connection) as captured:
        features_as_of(subjects=subjects[2:], needed={"commenter"}, history=history)
    assert len(captured) == 0


def test_a_long_run_sees_what_people_decide_meanwhile(
    came: Callable[..., Comment], reader: Commenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    history, records, first, second = History(), Records(), came(0), came(9)

    def approved() -> tuple[int, float]:
        subjects = [Subject.of(second, language="en", features=Features())]
        (found,) = features_as_of(subjects=subjects, needed={"commenter"}, history=history)
        columns = records.as_of(np.array([reader.pk]), np.array([microseconds(hours(9))]))
        assert found.commenter
        return found.commenter.approved, float(columns.approved[0])

    assert approved() == (0, 0)
    decide(first, "approved", 5)
    assert approved() == (0, 0)
    later = monotonic() + MOST_SECONDS + 1
    for module in ("history", "records"):
        monkeypatch.setattr(f"moderation.services.facts.{module}.monotonic", lambda: later)
    assert approved() == (1, 1)


def test_the_articles_age_is_from_its_publication_to_the_comment(
    came: Callable[..., Comment], article: Article
) -> None:
    article.published_at = hours(2)
    article.save()
    ages = [features_of(came(at, article=article)).article_age_hours for at in (1, 2, 7.5)]
    assert ages == [0.0, 0.0, 5.5]
