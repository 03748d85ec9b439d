"""Texts that make the model fail, and a model that fails on any text. The scorer behind the failing one is real."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from archive.models import Article, Comment, Source
from moderation.models import Claim, Review, Score
from moderation.scoring import ScoringError
from moderation.services.batch_scoring import run as score
from moderation.services.batch_scoring.inference import TRIES, Failure, Inference
from moderation.services.batch_scoring.options import ScoreOptions, ScoreReport
from moderation.services.batch_scoring.run import comments_score

pytestmark = pytest.mark.django_db
Make = Callable[..., Comment]
CANARY = "canary-7b1f"


class Fragile:
    """The real scorer, except that a call with a text that holds the canary fails and quotes it."""

    def __init__(self, scorer: Any, *, times: int = 10**6) -> None:
        self._scorer, self.times, self.calls = scorer, times, 0

    def score(self, texts: Any, **options: Any) -> Any:
        self.calls += 1
        broken = [text for text in texts if CANARY in text]
        if broken and self.times > 0:
            self.times -= 1
            raise ValueError(f"cannot read {broken[0]}")
        return self._scorer.score(texts, **options)


class Broken:
    """A model that fails on any text."""

    def score(self, texts: Any, **_options: Any) -> Any:
        raise ScoringError("inference_failed", f"cannot read {texts[0]}", retryable=True)


@pytest.fixture(autouse=True)
def one_thread(settings: Any) -> None:
    settings.MODERATION_THREADS = 1


@pytest.fixture
def with_scorer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    return lambda replaced: monkeypatch.setattr(score, "models_scorer", lambda _version: replaced)


def run(**options: Any) -> ScoreReport:
    return comments_score(options=ScoreOptions(**options))


def comments_with_canaries(make_comment: Make, count: int, *places: int) -> list[Comment]:
    return [
        make_comment(f"The ferry number {number} {CANARY if number in places else 'left'}.") for number in range(count)
    ]


def test_a_text_that_fails_is_set_aside_after_three_tries_and_the_rest_of_its_batch_goes_on(
    make_comment: Make, scorer: Any, with_scorer: Callable[[Any], None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    comments = comments_with_canaries(make_comment, 9, 2, 7)
    with_scorer(Fragile(scorer))
    report = run()
    broken = {comments[2].pk: "ValueError", comments[7].pk: "ValueError"}
    assert (report.scored, report.set_aside, report.failed, report.error) == (7, broken, True, "")
    assert set(Comment.objects.unscored().values_list("pk", flat=True)) == set(broken)
    for claim in Claim.objects.all():
        assert (claim.attempts, claim.error, claim.set_aside_at is not None) == (TRIES, "ValueError", True)
    assert not Review.objects.filter(pk__in=broken).exists()
    assert CANARY not in caplog.text


def test_what_was_set_aside_is_not_sent_again_until_it_is_rescored(
    make_comment: Make, scorer: Any, with_scorer: Callable[[Any], None]
) -> None:
    (comment,) = comments_with_canaries(make_comment, 1, 0)
    fragile = Fragile(scorer)
    with_scorer(fragile)
    run()
    calls = fragile.calls
    assert run().done == 0
    assert fragile.calls == calls
    fragile.times = 0
    assert run(rescore=True).scored == 1
    assert Score.objects.get().comment == comment
    assert not Claim.objects.exists()


def test_a_failure_that_passes_costs_no_comment_its_score(
    make_comment: Make, scorer: Any, with_scorer: Callable[[Any], None]
) -> None:
    comments_with_canaries(make_comment, 4, 1)
    with_scorer(Fragile(scorer, times=3))
    report = run()
    assert (report.scored, report.failed) == (4, False)


def test_a_model_that_fails_on_any_text_ends_the_run_and_blames_no_comment(
    make_comment: Make, with_scorer: Callable[[Any], None], caplog: pytest.LogCaptureFixture
) -> None:
    comments_with_canaries(make_comment, 5, 1)
    with_scorer(Broken())
    report = run()
    assert (report.error, report.set_aside, report.scored) == ("inference_failed", {}, 0)
    assert Comment.objects.unscored().count() == 5
    assert not Claim.objects.exists()
    assert CANARY not in caplog.text


@pytest.mark.parametrize("places", [(), (0,), (7,), (0, 1, 2), tuple(range(8))])
def test_outcomes_come_in_the_order_of_the_comments(scorer: Any, places: tuple[int, ...]) -> None:
    texts = [f"Ferry {number}. {CANARY if number in places else ''}" for number in range(8)]
    comments = [Comment(pk=number, text=text, article=Article(), source=Source()) for number, text in enumerate(texts)]
    inference = Inference(Fragile(scorer))  # type: ignore[arg-type]
    outcomes = inference.outcomes(comments)
    assert tuple(at for at, outcome in enumerate(outcomes) if isinstance(outcome, Failure)) == places
    assert inference.texts_sent >= 8


def test_spans_that_cannot_be_made_cost_no_score(make_comment: Make, scorer: Any) -> None:
    inference = Inference(Fragile(scorer))  # type: ignore[arg-type]
    assert inference.spans([Comment(text="Calm."), Comment(text=CANARY)]) == [(), ()]
