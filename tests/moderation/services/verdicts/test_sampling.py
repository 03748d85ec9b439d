"""The audit: a share of what passes is looked at all the same, drawn so that nobody draws twice."""

import hashlib
from collections.abc import Callable

import pytest

from archive.models import Article, Comment, Source
from moderation.models import Claim, ModelVersion, PolicyVersion, Review, Score
from moderation.policies import Verdict
from moderation.services.review.decisions import decision_record
from moderation.services.verdicts.features import comment_facts
from moderation.services.verdicts.sampling import sampled_for_qa
from moderation.services.verdicts.transitions import Scored
from moderation.services.verdicts.triage import batch_save

POLICY = PolicyVersion(version=1, sha256="a" * 64)


def comment_of(number: int, text: str = "Words.") -> Comment:
    source = Source(pk=1, slug="harbor-times")
    text_hash = hashlib.sha256(text.encode()).hexdigest()
    return Comment(source=source, article=Article(pk=1), external_id=f"c{number}", text_hash=text_hash)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.25, 1.0])
def test_the_sample_is_as_large_as_the_policy_says(share: float) -> None:
    drawn = sum(sampled_for_qa(comment_of(number), POLICY, share) for number in range(20_000))
    assert drawn == pytest.approx(20_000 * share, abs=60 if share == 0.01 else 300)


def test_the_same_text_is_drawn_again_and_another_text_or_policy_anew() -> None:
    comments = [comment_of(number) for number in range(400)]
    edited = [comment_of(number, "Other words.") for number in range(400)]
    first = [sampled_for_qa(comment, POLICY, 0.5) for comment in comments]
    assert first == [sampled_for_qa(comment, POLICY, 0.5) for comment in comments]
    assert first != [sampled_for_qa(comment, PolicyVersion(sha256="b" * 64), 0.5) for comment in comments]
    assert first != [sampled_for_qa(comment, POLICY, 0.5) for comment in edited]


def judged(comment: Comment, action: str, share: float) -> Review:
    model, _ = ModelVersion.objects.get_or_create(name="compact", version=1, sha256="0" * 64)
    Claim.objects.create(comment=comment, worker="me")
    score = Score(comment=comment, model=model, revision=comment.revision, text_hash=comment.text_hash, toxicity=0.1)
    one = Scored(comment, score, Verdict(action=action, rule="r", policy=1), comment_facts(comment), share)
    return batch_save(scored=[one], policy=PolicyVersion.objects.get(active=True), worker="me")[0]


@pytest.mark.django_db
def test_a_sampled_comment_waits_for_a_person_and_the_ledger_keeps_its_chance(
    make_comment: Callable[..., Comment],
) -> None:
    review = judged(make_comment(), "pass", 1.0)
    assert (review.state, review.held, review.flagged, review.sampled) == ("pending", False, False, True)
    comment = make_comment()
    judged(comment, "pass", 0.9999)
    stored = Review.objects.get(pk=comment.pk)
    assert (stored.sampled, stored.review_probability) == (True, 0.9999)
    assert decision_record(comment_id=comment.pk, action="approve", api_key="desk").review_probability == 0.9999


@pytest.mark.django_db
@pytest.mark.parametrize(("action", "state"), [("queue", "pending"), ("approve", "approved"), ("pass", "passed")])
def test_what_does_not_pass_or_is_not_drawn_came_by_certainty(
    make_comment: Callable[..., Comment], action: str, state: str
) -> None:
    review = judged(make_comment(), action, 0.0 if action == "pass" else 1.0)
    assert (review.state, review.sampled, review.review_probability) == (state, False, 1.0)


@pytest.mark.django_db
def test_judging_again_takes_an_unseen_sample_back_where_the_policy_draws_none_and_leaves_what_a_person_decided(
    make_comment: Callable[..., Comment],
) -> None:
    unseen, decided = make_comment(), make_comment()
    for comment in (unseen, decided):
        judged(comment, "pass", 1.0)
    decision_record(comment_id=decided.pk, action="approve", api_key="desk")
    assert judged(unseen, "pass", 0.0).state == "passed"
    again = judged(decided, "pass", 0.0)
    assert (again.state, again.sampled, again.review_probability) == ("approved", True, 1.0)
