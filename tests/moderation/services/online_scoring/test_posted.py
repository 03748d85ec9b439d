"""Comments that are scored while the caller waits: through the request queue, and like a run's in all that is saved."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from archive.models import Comment
from moderation.models import Claim, Decision, Review, Score
from moderation.scoring import Routing, ScoringError
from moderation.scoring.queueing.dynamic_batching import DynamicBatcher
from moderation.services.batch_scoring.options import ScoreOptions
from moderation.services.batch_scoring.run import comments_score
from moderation.services.errors import ServiceError
from moderation.services.model_versions import model_active
from moderation.services.online_scoring import posted
from moderation.services.online_scoring.posted import comments_admit
from moderation.services.online_scoring.request_queue import RequestQueue

Make = Callable[..., Comment]
ABUSE = "You are a pathetic moron and everybody here hates you, you stupid piece of garbage."
CALM = "The ferry leaves at nine and the museum opens at ten."
DISGUISED = "You are an 1d10t and a l0ser, you s t u p i d fool."
LONG = f"{CALM} " * 150 + ABUSE
SHORT_AND_GERMAN = "Ganz klar."
MARKS = "!!! ??? ..."


class Noting:
    """A scorer that notes every text that is sent for scores; `gate` holds it back, `fails` makes it fail on a word."""

    def __init__(self, scorer: Any, fails: str = "") -> None:
        self.scorer, self.fails, self.sent = scorer, fails, list[str]()
        self.routing = scorer.routing
        self.gate, self.entered = threading.Event(), threading.Semaphore(0)
        self.gate.set()

    def score(self, texts: Sequence[str], **options: Any) -> Any:
        self.sent += [] if options.get("spans") else texts
        self.entered.release()
        self.gate.wait(120)
        if self.fails and any(self.fails in text for text in texts):
            raise ScoringError("inference_failed", "it failed", retryable=True)
        return self.scorer.score(texts, **options)


@pytest.fixture
def behind(scorer: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Noting]:
    """Puts a queue with these options and the real model, noted, in the place of the active model's queue."""

    def make(fails: str = "", **options: Any) -> Noting:
        noting = Noting(scorer, fails)
        queue = RequestQueue(noting.routing, DynamicBatcher(noting, **options))
        monkeypatch.setattr(posted, "request_queue_active", lambda: queue)
        return noting

    return make


def score(*comments: Comment, seconds: float = 60) -> None:
    with comments_admit(texts=[comment.text for comment in comments]) as admitted:
        admitted.score(comment_ids=[comment.pk for comment in comments], deadline=time.monotonic() + seconds)


@pytest.mark.django_db
def test_comments_that_were_posted_are_scored_at_once_and_no_others(
    make_comment: Make, behind: Callable[..., Noting]
) -> None:
    noting, one, other = behind(), make_comment(ABUSE), make_comment(CALM)
    score(one)
    assert noting.sent == [ABUSE]
    assert Review.objects.get().comment == one
    assert list(Comment.objects.unscored()) == [other]
    assert not Claim.objects.exists()


def saved(model: Any, *left_out: str) -> list[dict[str, Any]]:
    """All columns of the rows, without what tells two runs apart, floats to four digits."""
    names = [field.attname for field in model._meta.fields if field.attname not in left_out]
    rows = model.objects.order_by("comment_id", "pk").values(*names)
    return [{name: rounded(value) for name, value in row.items()} for row in rows]


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


@pytest.mark.django_db
def test_what_is_saved_is_what_a_run_saves(make_comment: Make) -> None:
    texts = [ABUSE, CALM, DISGUISED, LONG, SHORT_AND_GERMAN, MARKS]
    comments = [make_comment(text) for text in texts]
    Comment.objects.filter(pk=comments[1].pk).update(language="de")
    comments_score(options=ScoreOptions())
    times = ("id", "at", "created_at", "updated_at", "decided_at", "score_id", "scored_at")
    of_a_run = [saved(model, *times) for model in (Review, Score)]
    assert any(row["spans"] for row in of_a_run[1])
    assert any(row["normalised"] for row in of_a_run[1])
    assert not Decision.objects.exists()
    Review.objects.all().delete()
    Score.objects.all().delete()
    Comment.objects.update(taken_revision=0)
    score(*comments)
    assert [saved(model, *times) for model in (Review, Score)] == of_a_run


@pytest.mark.django_db
def test_a_full_queue_refuses_before_anything_is_done(make_comment: Make, behind: Callable[..., Noting]) -> None:
    noting = behind(max_callers=0)
    with pytest.raises(ServiceError) as refused, comments_admit(texts=[ABUSE]):
        pytest.fail("the block was entered")
    assert (refused.value.code, refused.value.retryable, noting.sent) == ("overloaded", True, [])


@pytest.mark.django_db
def test_who_was_admitted_is_not_refused_afterwards(make_comment: Make, behind: Callable[..., Noting]) -> None:
    noting = behind(max_callers=1, patience=0, round_characters=1)
    comments = [make_comment(f"{CALM} {number}.") for number in range(posted.CHUNK * 2 + 1)]
    with comments_admit(texts=[comment.text for comment in comments]) as admitted:
        with pytest.raises(ServiceError, match="More texts are waiting"), comments_admit(texts=[ABUSE]):
            pytest.fail("a second caller was let in")
        admitted.score(comment_ids=[comment.pk for comment in comments], deadline=time.monotonic() + 60)
    assert len(noting.sent) == len(comments)
    assert not Comment.objects.unscored().exists()


@pytest.mark.django_db
def test_a_place_is_given_back_if_storing_fails(behind: Callable[..., Noting]) -> None:
    behind(max_callers=1)
    for _ in range(2):
        with pytest.raises(KeyError), comments_admit(texts=[ABUSE]):
            raise KeyError
    assert posted.request_queue_active().batcher.waiting == 0


@pytest.mark.django_db
def test_what_is_not_scored_by_the_deadline_stays_unscored(make_comment: Make, behind: Callable[..., Noting]) -> None:
    noting, comment = behind(), make_comment(ABUSE)
    score(comment, seconds=-1)
    assert noting.sent == []
    assert list(Comment.objects.unscored()) == [comment]


@pytest.mark.django_db
def test_a_model_that_takes_longer_than_the_wait_leaves_all_unscored_unclaimed_and_unblamed(
    make_comment: Make, behind: Callable[..., Noting]
) -> None:
    noting, comment = behind(), make_comment(ABUSE)
    noting.gate.clear()
    began = time.monotonic()
    score(comment, seconds=0.2)
    assert time.monotonic() - began < 30
    noting.gate.set()
    assert noting.sent == [ABUSE], "no text is tried again when its caller's time is over"
    assert list(Comment.objects.unscored()) == [comment]
    assert not Claim.objects.exists()
    assert not Score.objects.exists()


@pytest.mark.django_db
def test_the_lease_outlasts_the_wait_without_a_thread_to_renew_it(
    make_comment: Make, behind: Callable[..., Noting], monkeypatch: pytest.MonkeyPatch
) -> None:
    behind()
    claimed, before = list[Any](), threading.active_count()
    load = posted.ScoreRun.load

    def noted(run: Any, ids: Sequence[int]) -> Any:
        claimed.append((Claim.objects.get(pk=ids[0]).lease_until, threading.active_count()))
        return load(run, ids)

    monkeypatch.setattr(posted.ScoreRun, "load", noted)
    comment = make_comment(ABUSE)
    score(comment, seconds=500)
    [(until, threads)] = claimed
    assert until > timezone.now() + timedelta(seconds=490)
    assert threads == before


@pytest.mark.django_db
def test_what_another_run_holds_is_waited_for_until_the_deadline(
    make_comment: Make, behind: Callable[..., Noting]
) -> None:
    noting, comment = behind(), make_comment(ABUSE)
    until = timezone.now() + timedelta(seconds=30)
    Claim.objects.create(comment=comment, worker="other-host:00:7:ab", lease_until=until)
    began = time.monotonic()
    score(comment, seconds=0.2)
    assert 0.2 <= time.monotonic() - began < 5
    assert noting.sent == []
    assert Claim.objects.get().worker == "other-host:00:7:ab"


@pytest.mark.django_db
def test_a_text_that_makes_the_model_fail_is_set_aside_and_its_neighbours_are_scored(
    make_comment: Make, behind: Callable[..., Noting]
) -> None:
    behind(fails="poison")
    bad, *good = [make_comment(text) for text in ("poison", CALM, ABUSE)]
    score(bad, *good)
    assert list(Comment.objects.unscored()) == [bad]
    assert Claim.objects.get(set_aside_at__isnull=False).comment_id == bad.pk


@pytest.mark.django_db
def test_a_failing_model_leaves_posted_comments_unscored_without_an_error(
    make_comment: Make, behind: Callable[..., Noting]
) -> None:
    behind(fails=" ")
    comment = make_comment(CALM)
    score(comment)
    assert list(Comment.objects.unscored()) == [comment]
    assert not Claim.objects.exists()


@pytest.mark.django_db
def test_a_model_that_cannot_be_opened_lets_comments_be_stored(
    make_comment: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Any:
        raise ScoringError("model_missing", "There is no such folder.")

    monkeypatch.setattr(posted, "request_queue_active", missing)
    comment = make_comment(CALM)
    score(comment)
    assert list(Comment.objects.unscored()) == [comment]


@pytest.mark.django_db
def test_a_model_that_became_active_since_the_place_was_taken_gives_the_scores(
    make_comment: Make, behind: Callable[..., Noting]
) -> None:
    noting, comment = behind(), make_comment(ABUSE)
    noting.routing = Routing.of(replace(noting.routing.models[0], version=1))
    queue = RequestQueue(noting.routing, posted.request_queue_active().batcher)
    place = queue.reserve([ABUSE])
    posted.PostedComments(queue, place).score(comment_ids=[comment.pk], deadline=time.monotonic() + 60)
    assert noting.sent == []
    assert str(Score.objects.get().model) == str(model_active())
    assert queue.batcher.waiting == 0


@contextmanager
def closing_connection() -> Iterator[None]:
    try:
        yield
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_many_callers_at_once_share_the_queue_and_each_gets_its_own_comments_scored(
    make_comment: Make, behind: Callable[..., Noting]
) -> None:
    noting = behind(workers=2)
    model_active()
    comments = [make_comment(f"{text} Number {number}.") for number in range(6) for text in (ABUSE, CALM)]

    def call(comment: Comment) -> None:
        with closing_connection():
            score(comment)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(call, comments))
    assert sorted(noting.sent) == sorted(comment.text for comment in comments)
    assert not Comment.objects.unscored().exists()
    assert not Claim.objects.exists()
    flagged = set(Review.objects.filter(flagged=True).values_list("comment_id", flat=True))
    assert flagged == {comment.pk for comment in comments if comment.text.startswith(ABUSE)}


@pytest.mark.django_db(transaction=True)
def test_more_callers_than_there_is_room_for_are_refused_whole_while_the_others_are_served(
    make_comment: Make, behind: Callable[..., Noting]
) -> None:
    noting = behind(workers=1, max_callers=2)
    model_active()
    comments = [make_comment(f"{CALM} Number {number}.") for number in range(8)]
    noting.gate.clear()
    everybody = threading.Barrier(len(comments), action=noting.gate.set)

    def call(comment: Comment) -> str:
        with closing_connection():
            try:
                with comments_admit(texts=[comment.text]) as admitted:
                    everybody.wait(60)
                    admitted.score(comment_ids=[comment.pk], deadline=time.monotonic() + 60)
            except ServiceError as error:
                everybody.wait(60)
                return error.code
            return "scored"

    with ThreadPoolExecutor(len(comments)) as pool:
        outcomes = list(pool.map(call, comments))
    assert sorted(outcomes) == ["overloaded"] * 6 + ["scored"] * 2
    unscored = set(Comment.objects.unscored().values_list("pk", flat=True))
    assert unscored == {one.pk for one, outcome in zip(comments, outcomes, strict=True) if outcome == "overloaded"}
