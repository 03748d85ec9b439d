"""Deciding on a range of scores: the histogram, the preview and its token, the act, and what came in between."""

from collections.abc import Callable, Collection
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from archive.models import Comment, Source
from moderation.models import Decision, Review, Score
from moderation.services.errors import ServiceError
from moderation.services.review import chunks, score_range
from moderation.services.review.bulk import batch_undo
from moderation.services.review.decisions import decision_record
from moderation.services.review.score_range import pending_histogram, range_decide, range_preview, range_terms

EVERY: frozenset[int] = frozenset()
Reviewed = Callable[..., Review]


@pytest.fixture
def scored(reviewed: Reviewed) -> Callable[..., Review]:
    """Makes a review with this toxicity: `scored(0.4, "approved")`."""

    def make(toxicity: float | None, state: str = "pending", **columns: Any) -> Review:
        review = reviewed(state, **columns)
        Score.objects.filter(pk=review.score_id).update(toxicity=toxicity)
        Review.objects.filter(pk=review.pk).update(toxicity=toxicity)
        return review

    return make


def preview(
    lower: float = 0.5, upper: float = 1.0, actor: User | None = None, **options: Any
) -> score_range.RangePreview:
    within = {"attribute": "toxicity", "lower": lower, "upper": upper, "sources": EVERY}
    terms = range_terms(**within, actor=actor, action="reject", reason="insult") if actor else None
    return range_preview(**{**within, "terms": terms, **options})


def decide(token: str, actor: User, lower: float = 0.5, upper: float = 1.0, **options: Any) -> chunks.BulkOutcome:
    given = {"action": "reject", "reason": "insult", "attribute": "toxicity", "sources": EVERY, **options}
    return range_decide(lower=lower, upper=upper, token=token, actor=actor, **given)


def refusal(act: Callable[[], object]) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        act()
    return caught.value


def plan(sql: str) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # a table of one row needs no index
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            # Nor does it tell one index from another: the queues' own are away until the test is rolled back.
            for index in filter(lambda one: "state" in one.fields and not one.condition, Review._meta.indexes):
                cursor.execute(f"DROP INDEX IF EXISTS {index.name}")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
        return str(cursor.fetchall())


@pytest.mark.django_db
def test_the_histogram_counts_what_is_pending_each_score_in_its_bin(
    scored: Callable[..., Review], elsewhere: Source
) -> None:
    for toxicity in (0.0, 0.05, 0.1, 0.999, 1.0):
        scored(toxicity)
    scored(0.1, "approved")
    scored(None)
    Comment.objects.filter(pk=scored(0.1).pk).update(revision=2)  # edited a moment ago: it counts until it is scored
    bins = pending_histogram(attribute="toxicity", sources=EVERY, bins=10)
    assert [one.count for one in bins] == [2, 2, 0, 0, 0, 0, 0, 0, 0, 2]
    assert (bins[0].lower, bins[0].upper, bins[9].upper) == (0.0, 0.1, 1.0)
    assert {one.count for one in pending_histogram(attribute="toxicity", sources={elsewhere.pk})} == {0}


@pytest.mark.django_db
def test_the_histogram_is_one_query(scored: Callable[..., Review]) -> None:
    scored(0.3)
    with CaptureQueriesContext(connection) as queries:
        pending_histogram(attribute="insult", sources=EVERY)
    assert len(queries) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("sources", [EVERY, {1}, {1, 2}], ids=["all", "one source", "two sources"])
def test_the_histogram_and_a_range_are_read_from_the_index_of_what_is_pending(
    scored: Callable[..., Review], sources: Collection[int]
) -> None:
    scored(0.3)
    with CaptureQueriesContext(connection) as queries:
        pending_histogram(attribute="threat", sources=sources)
        preview(sources=sources)
    for query in queries[:2]:
        assert "review_pending_scores" in plan(query["sql"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"attribute": "text"}, "/attribute"),
        ({"lower": -0.1}, "/lower"),
        ({"upper": 1.1}, "/upper"),
        ({"upper": float("nan")}, "/upper"),
        ({"lower": 0.8, "upper": 0.2}, "/lower"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused_by_field(options: dict[str, Any], pointer: str) -> None:
    given = {"attribute": "toxicity", "lower": 0.0, "upper": 1.0, "sources": EVERY, **options}
    assert refusal(lambda: range_preview(**given)).errors[0].pointer == pointer


@pytest.mark.django_db
def test_a_histogram_has_a_sane_number_of_bins() -> None:
    for bins in (0, 101):
        error = refusal(lambda bins=bins: pending_histogram(attribute="toxicity", sources=EVERY, bins=bins))
        assert error.errors[0].pointer == "/bins"


@pytest.mark.django_db
def test_a_range_that_holds_too_many_is_to_be_made_narrower(scored: Callable[..., Review], monkeypatch: Any) -> None:
    monkeypatch.setattr(score_range, "MAX_COMMENTS", 1)
    scored(0.6)
    assert preview().count == 1
    scored(0.7)
    assert refusal(preview).errors[0].limit == 1


@pytest.mark.django_db
def test_a_preview_counts_the_range_with_both_ends_and_samples_across_it(scored: Callable[..., Review]) -> None:
    reviews = [scored(at / 20) for at in range(21)]
    found = preview(0.25, 0.75, sample=3)
    assert found.count == 11
    assert [review.pk for review in found.sample] == [reviews[at].pk for at in (5, 10, 15)]
    with CaptureQueriesContext(connection) as queries:
        assert found.sample[0].comment.commenter
        assert found.sample[0].score
    assert len(queries) == 0


@pytest.mark.django_db
def test_a_range_is_decided_and_undone_in_one_act(scored: Callable[..., Review], ada: User) -> None:
    inside, outside = [scored(toxicity) for toxicity in (0.5, 0.7, 1.0)], scored(0.4)
    outcome = decide(preview(actor=ada).token, ada)
    assert (outcome.done, outcome.refused) == (3, {})
    rows = Decision.objects.filter(batch=outcome.batch)
    assert [(row.comment_id, row.reason) for row in rows] == [(review.pk, "insult") for review in inside]
    assert Review.objects.get(pk=outside.pk).state == "pending"
    assert batch_undo(batch=outcome.batch, actor=ada).done == 3
    assert Review.objects.filter(state="pending").count() == 4


@pytest.mark.django_db
def test_what_was_decided_or_changed_since_the_preview_is_left_alone_and_what_came_is_not_touched(
    scored: Callable[..., Review], ada: User, grace: User
) -> None:
    kept, decided, edited, scored_anew = (scored(0.8, state_version=3) for _ in range(4))
    token = preview(actor=ada).token
    decision_record(comment_id=decided.pk, action="approve", actor=grace)
    Comment.objects.filter(pk=edited.pk).update(revision=2)
    Comment.objects.filter(pk=scored_anew.pk).update(revision=2, taken_revision=2)
    late = scored(0.9)
    outcome = decide(token, ada)
    assert (outcome.done, outcome.refused) == (
        1, {"changed": [decided.pk, scored_anew.pk], "unscored": [edited.pk]},
    )  # fmt: skip
    assert Review.objects.get(pk=kept.pk).state == "rejected"
    assert Review.objects.get(pk=late.pk).state == "pending"


@pytest.mark.django_db
def test_an_act_that_was_interrupted_goes_on_with_the_same_token_in_the_same_batch(
    scored: Callable[..., Review], ada: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 2)
    for _ in range(5):
        scored(0.9)
    token, append = preview(actor=ada).token, chunks.decisions_append
    calls: list[int] = []

    def failing(rows: Any) -> Any:
        calls.append(len(rows))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return append(rows)

    monkeypatch.setattr(chunks, "decisions_append", failing)
    with pytest.raises(KeyboardInterrupt):
        decide(token, ada)
    assert Decision.objects.count() == Review.objects.filter(state="rejected").count() == 2
    outcome = decide(token, ada)
    assert (outcome.done, {name: len(ids) for name, ids in outcome.refused.items()}) == (3, {"changed": 2})
    assert batch_undo(batch=outcome.batch, actor=ada).done == 5


@pytest.mark.django_db
def test_a_token_is_good_for_its_own_range_person_and_action_only(
    scored: Callable[..., Review], ada: User, grace: User, elsewhere: Source
) -> None:
    scored(0.9)
    token = preview(actor=ada).token
    attempts: list[Callable[[], object]] = [
        lambda: decide(token, ada, lower=0.4),
        lambda: decide(token, ada, attribute="insult"),
        lambda: decide(token, ada, sources={elsewhere.pk}),
        lambda: decide(token[:-1], ada),
        lambda: decide(token, grace),
        lambda: decide(token, ada, action="approve"),
        lambda: decide(token, ada, reason="spam"),
        lambda: decide("", ada),
    ]
    assert {refusal(attempt).code for attempt in attempts} == {"preview_changed"}
    assert not Decision.objects.exists()


@pytest.mark.django_db
def test_what_an_act_does_not_come_to_in_its_time_is_counted_and_done_by_the_same_token(
    scored: Callable[..., Review], ada: User, monkeypatch: Any
) -> None:
    scored(0.9)
    token = preview(actor=ada).token
    monkeypatch.setattr(score_range, "DECIDE_SECONDS", 0.0)
    assert (decide(token, ada).done, decide(token, ada).left) == (0, 1)
    monkeypatch.undo()
    assert (decide(token, ada).done, decide(token, ada).left) == (1, 0)


@pytest.mark.django_db
def test_a_person_who_is_limited_to_sources_changes_no_others(
    scored: Callable[..., Review], limited_to: Callable[..., User], elsewhere: Source
) -> None:
    review = scored(0.9)
    stranger = limited_to(elsewhere)
    outcome = decide(preview(actor=stranger).token, stranger)
    assert (outcome.done, outcome.refused) == (0, {"unknown": [review.pk]})
