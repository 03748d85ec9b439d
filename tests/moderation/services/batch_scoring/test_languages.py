"""A run over comments in several languages: each is scored by the model that serves its language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from archive.models import Comment, Source
from moderation.models import Claim, Review, Score
from moderation.scoring import ScoringError, scorer
from moderation.services.batch_scoring import run as score
from moderation.services.batch_scoring.options import ScoreOptions, ScoreReport
from moderation.services.batch_scoring.run import comments_score, comments_score_plan
from moderation.services.model_versions import model_deactivate, models_active
from moderation.services.online_scoring.spans import comment_spans

pytestmark = pytest.mark.django_db
Make = Callable[..., Comment]
ENGLISH = "You are a pathetic moron and everybody here hates you, you stupid piece of garbage."
TURKISH = "Bence belediye bu konuda haksız ve kimseye hesap vermiyor, hepsi yalancı."
RUSSIAN = "Мэр опять обманывает людей, и никто ему не отвечает."
FRENCH = "Je ne suis pas d'accord avec vous, le maire a déjà répondu aux habitants."


@pytest.fixture(autouse=True)
def one_thread(settings: Any) -> None:
    settings.MODERATION_THREADS = 1


def run(**options: Any) -> ScoreReport:
    return comments_score(options=ScoreOptions(**options))


def scored_by() -> dict[str, str]:
    return {one.comment.text: str(one.model) for one in Score.objects.select_related("model", "comment")}


def test_each_comment_is_scored_by_the_model_that_serves_its_language(make_comment: Make, second: str) -> None:
    for text in (ENGLISH, TURKISH, FRENCH, RUSSIAN):
        make_comment(text)
    report = run()
    assert (report.scored, report.refused, report.texts_sent) == (3, {"language_not_supported": 1}, 4)
    assert report.by_model == {"compact@6": 1, second: 2}
    assert scored_by() == {ENGLISH: "compact@6", TURKISH: second, RUSSIAN: second}
    assert Review.objects.get(comment__text=TURKISH).score.language == "tr"  # type: ignore[union-attr]
    assert (run().done, run(rescore=True).done) == (0, 0)


def test_a_batch_in_two_languages_costs_two_calls_and_no_query_more(
    make_comment: Make, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, opened = list[int](), scorer.Scorer.score_prepared

    def counted(self: Any, accepted: Any, **options: Any) -> Any:
        calls.append(len(accepted))
        return opened(self, accepted, **options)

    monkeypatch.setattr(scorer.Scorer, "score_prepared", counted)
    models_active()
    queries = list[int]()
    for count in (2, 12):
        for number in range(count):
            make_comment(f"{'The ferry leaves at nine' if number % 2 else TURKISH} {count} {number}.")
        with CaptureQueriesContext(connection) as captured:
            run(batch_size=40)
        queries.append(len(captured))
    assert calls[:2] == [1, 1]
    assert sorted(calls[2:4]) == [6, 6]
    assert queries[0] == queries[1]


def test_a_declared_language_and_that_of_the_source_decide(make_comment: Make, second: str) -> None:
    Source.objects.update(default_language="tr")
    make_comment("LOL", external_id="short")
    make_comment(ENGLISH, external_id="said", language="tr")
    make_comment(ENGLISH[:-1], external_id="clear")
    run()
    models = {one.comment.external_id: str(one.model) for one in Score.objects.select_related("model", "comment")}
    assert models == {"short": second, "said": second, "clear": "compact@6"}


def test_a_score_by_a_model_that_lost_the_language_is_not_one(make_comment: Make, second: str, settings: Any) -> None:
    turkish, english = make_comment(TURKISH), make_comment(ENGLISH)
    run()
    assert run(rescore=True).done == 0
    Score.objects.filter(comment=turkish).update(model=Score.objects.get(comment=english).model)
    assert comments_score_plan(options=ScoreOptions(rescore=True)).total == 1
    assert run(rescore=True).by_model == {second: 1}
    assert Review.objects.get(pk=turkish.pk).score.model.name == "second"  # type: ignore[union-attr]


def test_naming_an_active_model_is_the_ordinary_run(make_comment: Make, second: str) -> None:
    make_comment(ENGLISH)
    models_active()
    report = run(model=second)
    assert (report.active, report.by_model) == (True, {"compact@6": 1})
    assert report.model == "compact@6, second@1"


def test_a_model_that_is_not_active_scores_its_own_languages_and_moves_nothing(make_comment: Make, second: str) -> None:
    make_comment(TURKISH)
    make_comment(ENGLISH)
    models_active()
    model_deactivate(label="second")
    report = run(model=second)
    assert (report.active, report.by_model, report.refused) == (False, {second: 1}, {"language_not_supported": 1})
    assert not Review.objects.exists()


def test_spans_come_from_the_model_of_the_score(make_comment: Make, second: str) -> None:
    comment = make_comment(TURKISH)
    run()
    Score.objects.update(spans=[])
    spans = comment_spans(comment_id=comment.pk)
    assert {span.kind for span in spans} >= {"sentence"}
    model_deactivate(label="second")
    assert comment_spans(comment_id=comment.pk) == []


def test_a_model_that_fails_on_any_text_ends_the_run_and_blames_no_comment(
    make_comment: Make, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = score.models_scorer

    class Broken:
        def __init__(self, router: Any) -> None:
            self.router = router

        def score(self, texts: Any, **options: Any) -> Any:
            found = self.router.score(texts, **options)
            if any(getattr(one, "model", "") == "second@1" for one in found):
                raise ScoringError("inference_failed", "it failed", retryable=True)
            return found

    monkeypatch.setattr(score, "models_scorer", lambda models: Broken(opened(models)))
    make_comment(TURKISH)
    make_comment(RUSSIAN)
    report = run()
    assert (report.error, report.set_aside) == ("inference_failed", {})
    assert not Claim.objects.exists()
