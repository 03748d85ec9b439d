"""Scoring from unscored comments to scores, reviews and verdicts, by the embedded model itself."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from archive.models import Article, Comment, Source
from moderation.models import Claim, Decision, ModelVersion, PolicyVersion, Review, Score
from moderation.policies import policy_sha256
from moderation.services import model_versions
from moderation.services.batch_scoring import chunk
from moderation.services.batch_scoring import run as score
from moderation.services.batch_scoring.chunk import batches
from moderation.services.batch_scoring.options import ScoreOptions, ScoreReport
from moderation.services.batch_scoring.run import comments_score, comments_score_plan
from moderation.services.batch_scoring.selection import Selection
from moderation.services.errors import ServiceError
from moderation.services.model_versions import model_activate, model_active

pytestmark = pytest.mark.django_db
Make = Callable[..., Comment]

ABUSE = "You are a pathetic moron and everybody here hates you, you stupid piece of garbage."
CALM = "The ferry leaves at nine and the museum opens at ten."
GERMAN = "Der Zug hatte heute leider wieder eine halbe Stunde Verspätung, und niemand hat uns etwas gesagt."


@pytest.fixture(autouse=True)
def one_thread(settings: Any) -> None:
    settings.MODERATION_THREADS = 1


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is sent for scores, in order; the model behind it is the real one."""
    texts: list[str] = []
    open_scorer = score.models_scorer

    class Noting:
        def __init__(self, scorer: Any) -> None:
            self._scorer = scorer

        def score(self, given: Any, **options: Any) -> Any:
            texts.extend([] if options.get("spans") else given)
            return self._scorer.score(given, **options)

    monkeypatch.setattr(score, "models_scorer", lambda version: Noting(open_scorer(version)))
    return texts


def run(**options: Any) -> ScoreReport:
    return comments_score(options=ScoreOptions(**options))


def edit(comment: Comment, text: str) -> None:
    Comment.objects.filter(pk=comment.pk).update(
        text=text,
        raw=text,
        text_hash=hashlib.sha256(text.encode()).hexdigest(),
        revision=comment.revision + 1,
        edited_at=timezone.now(),
    )
    comment.refresh_from_db()


def other_model(**columns: Any) -> ModelVersion:
    """A model that scored here before: its files are gone, its scores are not."""
    return ModelVersion.objects.create(**{"name": "compact", "version": 0, "sha256": "0" * 64, **columns})


def test_every_unscored_comment_gets_one_score_one_review_and_a_verdict_with_its_reasons(make_comment: Make) -> None:
    abuse, calm = make_comment(ABUSE), make_comment(CALM)
    report = run()
    assert (report.scored, report.flagged, report.failed, report.texts_sent) == (2, 1, False, 2)
    assert report.states == {"pending": 1, "passed": 1}
    flagged = Review.objects.get(pk=abuse.pk)
    assert (flagged.state, flagged.flagged, flagged.score.revision) == ("pending", True, 1)
    reason = flagged.verdict["reasons"][0]
    assert flagged.score.values()[reason["attribute"]] == pytest.approx(reason["score"], abs=1e-6)
    assert reason["score"] >= reason["threshold"]
    assert flagged.verdict["rule"] == "flag-toxic"
    assert Review.objects.get(pk=calm.pk).score.toxicity < 0.5
    assert not Comment.objects.unscored().exists()
    assert not Claim.objects.exists()
    assert not Decision.objects.exists()


def test_the_scores_are_what_the_model_says_of_that_text(make_comment: Make, scorer: Any) -> None:
    comments = [make_comment(text) for text in (CALM, ABUSE, "No.", ABUSE + " " + CALM)]
    run(batch_size=3)
    for comment, result in zip(comments, scorer.score([comment.text for comment in comments]), strict=True):
        row = Score.objects.get(comment=comment)
        assert row.values() == pytest.approx(result.scores, abs=0.02)
        assert (row.text_hash, row.model, row.language) == (comment.text_hash, model_active(), "en")


def test_a_second_run_sends_nothing(make_comment: Make, sent: list[str]) -> None:
    make_comment(ABUSE)
    run()
    assert (run().scored, run(rescore=True).scored, sent) == (0, 0, [ABUSE])


def test_an_edited_comment_is_scored_again_and_keeps_the_score_of_its_earlier_text(make_comment: Make) -> None:
    comment = make_comment(ABUSE)
    run()
    edit(comment, CALM)
    run()
    assert list(Score.objects.filter(comment=comment).order_by("revision").values_list("revision", flat=True)) == [1, 2]
    review = Review.objects.get(pk=comment.pk)
    assert (review.state, review.flagged, review.score.revision, review.state_version) == ("passed", False, 2, 2)


def test_a_text_that_is_edited_while_the_model_reads_it_stays_unscored_and_is_scored_as_it_then_is(
    make_comment: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment = make_comment(ABUSE)
    opened = score.models_scorer
    calls = []

    class Edited:
        def __init__(self, scorer: Any) -> None:
            self._scorer = scorer

        def score(self, texts: Any, **options: Any) -> Any:
            calls.append(list(texts))
            if len(calls) == 1:
                edit(comment, CALM)
            return self._scorer.score(texts, **options)

    monkeypatch.setattr(score, "models_scorer", lambda version: Edited(opened(version)))
    report = run()
    assert (report.scored, report.changed) == (1, 1)
    assert Score.objects.get().revision == 2
    assert Review.objects.get().state == "passed"


def test_flagged_comments_keep_the_sentences_and_words_they_were_flagged_for_and_others_keep_none(
    make_comment: Make,
) -> None:
    mixed, calm = make_comment(f"{CALM} {ABUSE}"), make_comment(CALM)
    report = run()
    assert report.spans_sent == 1
    spans = Score.objects.get(comment=mixed).spans
    attributes = {reason["attribute"] for reason in Review.objects.get(pk=mixed.pk).verdict["reasons"]}
    assert {span["attribute"] for span in spans} == attributes
    parts = {
        kind: {mixed.text[s["begin"] : s["end"]] for s in spans if s["kind"] == kind} for kind in ("sentence", "word")
    }
    assert parts["sentence"] == {ABUSE}
    assert parts["word"]
    assert all(word in ABUSE for word in parts["word"])
    assert Score.objects.get(comment=calm).spans == []


def test_a_score_says_whether_the_reading_without_the_disguise_raised_it(make_comment: Make) -> None:
    plain, disguised = make_comment("You are an idiot, sir."), make_comment("You are an i d i o t, sir.")
    run()
    assert not Score.objects.get(comment=plain).normalised
    assert Score.objects.get(comment=disguised).normalised
    assert Review.objects.get(pk=disguised.pk).flagged


@pytest.mark.parametrize("place", ["source", "article"])
def test_short_text_is_in_the_language_of_its_article_else_of_its_source(make_comment: Make, place: str) -> None:
    comment = make_comment("Genau!")
    if place == "article":
        Article.objects.update(language="de")
    else:
        Source.objects.update(default_language="de-AT")
    report = run()
    assert report.refused == {"language_not_supported": 1}
    assert Review.objects.get(pk=comment.pk).facts["language"] == "de"


@pytest.mark.parametrize(
    ("text", "code"), [(GERMAN, "language_not_supported"), ("?!… 👍", "no_text")], ids=["German", "marks"]
)
def test_what_the_model_refuses_waits_for_a_person_marked_and_without_a_score(
    make_comment: Make, sent: list[str], text: str, code: str
) -> None:
    comment = make_comment(text)
    report = run()
    assert (report.scored, report.refused, report.failed) == (0, {code: 1}, False)
    review = Review.objects.get(pk=comment.pk)
    assert (review.state, review.verdict["rule"], review.score) == ("pending", f"unscorable:{code}", None)
    assert not Score.objects.exists()
    assert not Comment.objects.unscored().exists()
    assert (run().done, run(rescore=True).done, len(sent)) == (0, 0, 1)


def test_what_was_refused_for_its_language_is_scored_once_a_model_that_serves_it_is_active(make_comment: Make) -> None:
    german, marks = make_comment(GERMAN), make_comment("?!")
    run()
    Review.objects.filter(pk=german.pk).update(facts={"language": "en"})
    ModelVersion.objects.update(active=False)
    other_model(active=True)
    model_activate(label="compact@6")
    assert list(Comment.objects.unscored()) == [german]
    assert Comment.objects.get(pk=marks.pk).taken_revision == 1
    assert Review.objects.get(pk=german.pk).state == "pending", "nothing passes unscored in between"


def test_a_model_that_does_not_serve_the_language_leaves_the_refused_where_they_are(make_comment: Make) -> None:
    make_comment(GERMAN)
    run()
    ModelVersion.objects.update(active=False)
    model_activate(label="compact@6")
    assert not Comment.objects.unscored().exists()


def test_a_given_language_is_trusted(make_comment: Make) -> None:
    make_comment(CALM, language="fr")
    assert run().refused == {"language_not_supported": 1}


def test_options_narrow_the_run(make_comment: Make, sent: list[str]) -> None:
    source = Source.objects.create(slug="north-desk", name="North Desk")
    article = Article.objects.create(source=source, external_id="n1")
    early = datetime(2020, 1, 1, tzinfo=UTC)
    texts = {name: make_comment(f"{CALM} {name}.", **columns).text for name, columns in {
        "late": {}, "early": {"created_at": early}, "north": {"source": source, "article": article},
    }.items()}  # fmt: skip
    assert run(source="north-desk", limit=5).scored == 1
    assert run(source="North Desk").scored == 0
    assert run(since=early + timedelta(days=1)).scored == 1
    assert run(limit=1).scored == 1
    assert sent == [texts["north"], texts["late"], texts["early"]]


def test_a_limit_is_kept_across_batches(make_comment: Make) -> None:
    for number in range(7):
        make_comment(f"{CALM} {number}.")
    assert run(limit=5, batch_size=2).scored == 5
    assert Comment.objects.unscored().count() == 2
    assert not Claim.objects.exists()


def test_shards_share_the_comments_without_a_rest(make_comment: Make, sent: list[str]) -> None:
    for number in range(7):
        make_comment(f"{CALM} {number}.")
    counts = [run(shard=(number, 3)).scored for number in (1, 2, 3)]
    assert sum(counts) == len(set(sent)) == 7
    assert min(counts) >= 2


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"batch_size": 0}, "/batch_size"),
        ({"batch_size": 5000}, "/batch_size"),
        ({"limit": 0}, "/limit"),
        ({"shard": (0, 2)}, "/shard"),
        ({"shard": (3, 2)}, "/shard"),
        ({"source": "nowhere"}, "/source"),
        ({"model": "nobody@9"}, "/model"),
    ],
)
def test_options_that_make_no_sense_are_refused_by_name(options: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ServiceError) as caught:
        run(**options)
    assert caught.value.errors[0].pointer == pointer


def test_rescoring_walks_what_another_model_scored_and_leaves_a_persons_decision(
    make_comment: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.services.batch_scoring.selection.WALK_IDS", 2)
    comments = [make_comment(f"{CALM} {number}.") for number in range(5)]
    run()
    Score.objects.update(model=other_model())
    assert run().scored == 0, "a newly activated model scores what comes"
    Review.objects.filter(pk=comments[0].pk).update(state="rejected", decided_by="person")
    assert run(rescore=True).scored == 5
    assert Score.objects.by(model_active()).count() == 5
    assert Review.objects.get(pk=comments[0].pk).state == "rejected"
    assert set(Review.objects.values_list("score__model", flat=True)) == {model_active().pk}
    assert not Decision.objects.exists()


def test_a_model_that_is_not_active_adds_its_scores_and_moves_nothing(make_comment: Make) -> None:
    make_comment(ABUSE)
    other = other_model(name="other", version=1, active=True)
    report = run(model="compact@6")
    assert (report.scored, report.active) == (1, False)
    assert Score.objects.get().model != other
    assert not Review.objects.exists()
    assert Comment.objects.unscored().count() == 1
    assert run(model="compact").scored == 0
    assert not Claim.objects.exists()


def test_a_comment_that_is_taken_again_is_judged_by_the_score_it_has(make_comment: Make, sent: list[str]) -> None:
    comment = make_comment(ABUSE)
    run()
    body = {"schema": 1, "name": "Calm", "rules": []}
    PolicyVersion.objects.update(active=False, status="retired")
    PolicyVersion.objects.create(version=2, body=body, sha256=policy_sha256(body), active=True, status="active")
    Comment.objects.filter(pk=comment.pk).update(taken_revision=0)
    report = run()
    assert (report.reused, report.scored, len(sent)) == (1, 1, 1)
    review = Review.objects.get()
    assert (review.state, review.verdict["policy"], review.policy.version) == ("passed", 2, 2)


def test_a_comment_that_is_judged_again_is_judged_by_its_stored_features_and_an_edited_one_by_its_text(
    make_comment: Make,
) -> None:
    again, edited = make_comment(CALM), make_comment(CALM)
    run()
    for review in Review.objects.all():
        review.facts["links"] = 9
        review.save()
    edit(edited, f"{CALM} https://a.example/")
    Comment.objects.update(taken_revision=0)
    assert run().reused == 1
    assert [Review.objects.get(pk=one.pk).facts["links"] for one in (again, edited)] == [9, 1]


def test_a_plan_counts_and_writes_nothing(make_comment: Make) -> None:
    make_comment(ABUSE)
    make_comment(CALM, withdrawn_at=timezone.now())
    held = make_comment(CALM)
    Claim.objects.create(comment=held, worker="other", lease_until=timezone.now() + timedelta(seconds=30))
    plan = comments_score_plan(options=ScoreOptions())
    assert (plan.model, plan.active, plan.total, plan.by_source) == ("compact@6", True, 2, {"harbor-times": 2})
    assert (plan.leased, plan.closed, plan.set_aside) == (1, 1, 0)
    assert comments_score_plan(options=ScoreOptions(limit=1)).total == 1
    assert not ModelVersion.objects.exists()
    assert not Score.objects.exists()
    assert Claim.objects.count() == 1


def test_what_a_dead_run_held_is_scored_before_the_next_run_ends(make_comment: Make) -> None:
    comment = make_comment(CALM)
    soon = timezone.now() + timedelta(seconds=1)
    Claim.objects.create(comment=comment, worker="other-host:00:7:ab", lease_until=soon)
    assert run().scored == 1
    assert timezone.now() >= soon


def test_what_a_live_run_holds_is_left_to_it(make_comment: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = Claim.objects.create(
        comment=make_comment(CALM), worker="other-host:00:7:ab", lease_until=timezone.now() + timedelta(seconds=30)
    )

    def renewed(_seconds: float) -> None:
        Claim.objects.filter(pk=claim.pk).update(lease_until=timezone.now() + timedelta(seconds=30))

    monkeypatch.setattr("moderation.services.batch_scoring.claims.time.sleep", renewed)
    report = run()
    assert (report.scored, report.left_to_others, report.failed) == (0, 1, False)


def test_a_stop_ends_the_run_after_its_batch_and_gives_the_rest_back(make_comment: Make) -> None:
    for number in range(6):
        make_comment(f"{CALM} {number}.")
    done: list[int] = []
    report = comments_score(
        options=ScoreOptions(batch_size=2),
        progress=lambda report: done.append(report.done),
        stop=lambda: bool(done),
    )
    assert (report.scored, report.stopped, done) == (2, True, [2])
    assert not Claim.objects.exists()


def test_one_model_is_active_and_a_changed_checksum_under_its_name_is_refused() -> None:
    assert str(model_active()) == "compact@6"
    ModelVersion.objects.update(sha256="0" * 64)
    with pytest.raises(ServiceError, match="another checksum"):
        model_activate(label="compact@6")


def test_activating_makes_exactly_one_model_active_and_gives_what_was_set_aside_a_new_start(make_comment: Make) -> None:
    other_model(active=True)
    Claim.objects.create(comment=make_comment(), set_aside_at=timezone.now(), attempts=3, error="ValueError")
    assert model_activate(label="compact@6").active
    assert [str(model) for model in ModelVersion.objects.filter(active=True)] == ["compact@6"]
    assert not Claim.objects.exists()


def test_the_first_use_in_two_processes_activates_one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    register = model_versions.model_register

    def overtaken(**given: Any) -> ModelVersion:
        other_model(name="racing", active=True)
        return register(**given)

    monkeypatch.setattr(model_versions, "model_register", overtaken)
    assert model_active().name == "racing"
    assert ModelVersion.objects.filter(active=True).count() == 1


def test_a_run_ends_when_another_model_becomes_active(make_comment: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score, "CLAIM_BATCHES", 1)
    for number in range(4):
        make_comment(f"{CALM} {number}.")

    def change(_report: ScoreReport) -> None:
        ModelVersion.objects.update(active=False)

    report = comments_score(options=ScoreOptions(batch_size=2), progress=change)
    assert (report.error, report.scored) == ("model_changed", 2)
    assert not Claim.objects.exists()


def test_a_claim_asks_a_fixed_number_of_queries_whatever_the_batch(
    make_comment: Make, django_assert_max_num_queries: Any
) -> None:
    for number in range(40):
        make_comment(f"{CALM if number % 2 else ABUSE} {number}.")
    model_active()
    with django_assert_max_num_queries(45):
        assert run(batch_size=40).scored == 40


@given(st.lists(st.integers(0, 60)), st.integers(1, 9))
def test_batches_hold_texts_of_like_length_keep_their_bounds_and_lose_none(lengths: list[int], size: int) -> None:
    comments = [Comment(pk=number, text="x" * length) for number, length in enumerate(lengths)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunk, "BATCH_CHARACTERS", 50)
        found = [[len(comment.text) for comment in batch] for batch in batches(comments, size)]
    assert [length for batch in found for length in batch] == sorted(lengths)
    assert all(1 <= len(batch) <= size for batch in found)
    assert all(sum(batch) <= 50 or len(batch) == 1 for batch in found)


def test_a_walk_covers_every_id_in_bounded_steps(make_comment: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.services.batch_scoring.selection.WALK_IDS", 3)
    ids = [make_comment().pk for _ in range(7)]
    selection = Selection(models=None, walk=True)
    found = [comment.pk for span in selection.spans() for comment in selection.within(span).order_by("pk")]
    assert found == ids
