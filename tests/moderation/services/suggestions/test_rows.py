"""What is read of decisions and scores: who was asked with what chance, and by which model."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User

from archive.models import Comment
from moderation.models import ModelVersion, PolicyVersion, Review, Score, State
from moderation.services.review.decisions import decision_record, decision_undo
from moderation.services.simulation.scope import SimulationScope
from moderation.services.suggestions import rows
from moderation.services.suggestions.rows import DecidedScores, decided_scores

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]


@pytest.fixture
def reviewed(make_comment: Make, make_review: Make) -> Make:
    """Makes a comment with a review by the tests' policy: `reviewed(toxicity=0.9)`."""

    def make(**columns: Any) -> Review:
        comment = make_comment()
        review: Review = make_review(comment, facts={"text_hash": comment.text_hash}, **columns)
        return review

    return make


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


def decide(review: Review, action: str, ada: User) -> None:
    decision_record(comment_id=review.pk, action=action, actor=ada, reason="insult" if action == "reject" else "")


def read(attribute: str = "toxicity", model: ModelVersion | None = None, **scope: Any) -> DecidedScores:
    active = model or ModelVersion.objects.get(active=True)
    return decided_scores(model=active, attribute=attribute, scope=SimulationScope(**scope))


def audited(**audit: Any) -> None:
    body = PolicyVersion.objects.get(active=True).body
    PolicyVersion.objects.filter(active=True).update(body={**body, "schema": 2, "audit": audit})


def test_what_was_asked_for_counts_with_its_chance_and_what_was_come_across_does_not(reviewed: Make, ada: User) -> None:
    audited(share=0.2)
    flagged, drawn, passed, other = (
        reviewed(toxicity=0.9),
        reviewed(toxicity=0.3, state=State.PENDING, sampled=True, review_probability=0.25),
        reviewed(toxicity=0.2),
        reviewed(toxicity=0.1),
    )
    decide(flagged, "reject", ada)
    decide(drawn, "approve", ada)
    decide(passed, "reject", ada)
    found = read()
    assert found.scores.tolist() == [0.9, 0.3, 0.2, 0.1]
    assert found.rows.reviewed.tolist() == [True, True, False, False]
    assert found.rows.harmful.tolist() == [True, False, False, False]
    assert found.rows.probability.tolist() == [1.0, 0.25, 0.2, 0.2]
    assert (found.decisions, found.waiting, found.days) == (2, 0, 1)
    assert other.pk


def test_later_acts_on_a_comment_that_nobody_was_asked_about_do_not_make_it_one_that_was(
    reviewed: Make, ada: User
) -> None:
    review = reviewed(toxicity=0.2)
    decide(review, "escalate", ada)
    decide(review, "reject", ada)
    assert Review.objects.get(pk=review.pk).state == State.REJECTED
    assert read().decisions == 0


def test_an_undone_decision_is_none_and_the_next_counts(reviewed: Make, ada: User) -> None:
    review = reviewed(toxicity=0.9)
    row = decision_record(comment_id=review.pk, action="approve", actor=ada)
    decision_undo(decision_id=row.pk, actor=ada)
    assert (read().decisions, read().waiting) == (0, 1)
    decide(review, "reject", ada)
    assert read().rows.harmful.tolist() == [True]


def test_passing_comments_have_the_chance_of_their_stratum_and_decided_ones_none(reviewed: Make) -> None:
    audited(share=0.1, strata=3, shares=[0.05, 0.2, 0.5])
    for toxicity in (0.1, 0.3, 0.79):
        reviewed(toxicity=toxicity)
    reviewed(toxicity=0.9, state=State.REJECTED, decided_by="policy")
    reviewed(toxicity=0.95)
    assert read().rows.probability.tolist() == [0.05, 0.2, 0.5, 0.0, 1.0]


def test_a_comment_without_a_score_of_the_attribute_is_counted_and_left_out(reviewed: Make) -> None:
    reviewed(toxicity=0.9)
    reviewed(insult=0.2)
    assert (len(read().rows), read().unscored) == (1, 1)


def test_another_models_scores_of_the_same_texts_are_read(reviewed: Make, ada: User) -> None:
    first, second = reviewed(toxicity=0.9), reviewed(toxicity=0.1)
    decide(first, "reject", ada)
    other = ModelVersion.objects.create(name="other", version=1, sha256="1" * 64, attributes=["toxicity", "spam"])
    for review, value, text in ((first, 0.4, first.score.text_hash), (second, 0.7, "of an earlier text")):
        columns = {"comment": review.comment, "model": other, "revision": 1, "text_hash": text}
        Score.objects.create(**columns, toxicity=value, extra={"spam": value / 2})
    found = read(model=other)
    assert (found.scores.tolist(), found.rows.reviewed.tolist(), found.unscored) == ([0.4], [True], 1)
    assert read("spam", model=other).scores.tolist() == [0.2]


def test_attributes_without_a_column_are_read_too(reviewed: Make) -> None:
    review = reviewed(toxicity=0.9)
    Score.objects.filter(pk=review.score.pk).update(extra={"spam": 0.25})
    assert read("spam").scores.tolist() == [0.25]


def test_the_scope_limits_what_is_read(reviewed: Make, elsewhere: Any) -> None:
    reviewed(toxicity=0.9)
    assert (len(read(sources=(elsewhere.pk,)).rows), len(read(section="Politics").rows)) == (0, 1)
    assert read(sources=(elsewhere.pk,)).days == 0


def test_it_takes_as_many_queries_a_chunk_whatever_a_chunk_holds(
    reviewed: Make, ada: User, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(12):
        decide(reviewed(toxicity=0.8 + at / 100), "approve", ada)
    whole = read()
    # The model, the largest id, a chunk of reviews and of decisions, their policy, and the empty chunk that ends it.
    with django_assert_num_queries(6):
        read()
    monkeypatch.setattr(rows, "CHUNK", 4)
    with django_assert_num_queries(10):
        again = read()
    assert np.array_equal(again.scores, whole.scores)
    assert np.array_equal(again.rows.reviewed, whole.rows.reviewed)


def test_an_edited_text_is_asked_about_anew(reviewed: Make, ada: User) -> None:
    review = reviewed(toxicity=0.9)
    decide(review, "reject", ada)
    Comment.objects.filter(pk=review.pk).update(revision=2)
    assert len(read().rows) == 0
