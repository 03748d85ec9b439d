"""What is read of reviews as columns is what `features_as_of` says of each comment, and conditions say the same."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from archive.models import Article, Comment, Commenter, Source
from moderation.models import Decision, Mute, ReaderFlag, Review, Standing
from moderation.policies import Features, Policy, features_needed, parse_policy
from moderation.policies.columns.conditions import condition_met
from moderation.policies.conditions import Subject as Judged
from moderation.policies.conditions.people import COUNTS, MARKS
from moderation.policies.conditions.texts import FACTS
from moderation.services.facts import records
from moderation.services.facts.as_of import Subject, features_as_of
from moderation.services.verdicts.features import features_of
from moderation.services.verdicts.stored.stored_columns import DayNumber, StoredReader, StoredRows, last_id

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]
START = datetime(2026, 3, 1, tzinfo=UTC)
STATES = ("approved", "rejected", "escalated")
FACTS_STORED: list[dict[str, Any]] = [
    {"links": 2, "length": 40, "near_hash": "ff"},
    {},
    {"links": 0, "length": 7, "near_hash": "", "capitals": 0.25, "repeats": 3, "lists": {}},
    {"length": 9, "capitals": None, "lists": {"slurs": {"version": 3, "hits": 2}, "spam": {"version": 1, "hits": 0}}},
]
CONDITIONS: list[dict[str, Any]] = [
    *({"fact": name, "gte": 0.25} for name in FACTS),
    {"list": "slurs"},
    {"list": "spam"},
    {"language": ["tr"]},
    {"article_age_hours": {"lte": 2}},
    {"flags": {"gte": 0.5}},
    *({"commenter": name} for name in MARKS),
    *({"commenter": name, "gte": 0.4} for name in COUNTS),
]


def policy_of(*conditions: dict[str, Any]) -> Policy:
    rules = [
        {"id": f"r{at}", "when": {"all": [condition]}, "action": "queue"} for at, condition in enumerate(conditions)
    ]
    return parse_policy({"schema": 2, "name": "n", "rules": rules})


@pytest.fixture
def archive(source: Source, article: Article, make_comment: Make, make_review: Make) -> list[Comment]:
    """Makes comments of people with and without a past, at moments that often coincide with decisions."""
    draw = random.Random(20261130)  # noqa: S311 - nothing secret
    second = Article.objects.create(
        source=source, external_id="second", published_at=START + timedelta(hours=3, microseconds=1)
    )
    people = [Commenter.objects.create(source=source, external_id=f"p{at}") for at in range(6)]
    comments = [_comment(draw, [article, second], [*people, None], make_comment) for _ in range(40)]
    for at, comment in enumerate(comments):
        facts = {"text_hash": comment.text_hash, **FACTS_STORED[at % len(FACTS_STORED)]}
        flagged = draw.random() < 0.4
        review = make_review(comment, facts=facts, reader_flags=int(flagged), toxicity=draw.random())
        review.score.language = draw.choice(["en", "tr-TR", ""])
        review.score.save()
        _past(draw, comment, flagged=flagged)
    _pasts(people)
    return comments


def _pasts(people: list[Commenter]) -> None:
    decision = Decision.objects.order_by("pk").first()
    Mute.objects.create(commenter=people[0], since=START + timedelta(hours=4), decision=decision)
    for at, kind in enumerate(("staff", "exempt")):
        since = {"since": START + timedelta(hours=2), "ended_at": START + timedelta(hours=6) if at else None}
        Standing.objects.create(commenter=people[at + 1], kind=kind, **since)


def _comment(draw: random.Random, articles: list[Article], people: list[Any], make_comment: Make) -> Comment:
    came = START + timedelta(hours=draw.randrange(9))
    edited = came + timedelta(hours=1, microseconds=draw.choice([0, 123_456])) if draw.random() < 0.3 else None
    columns = {"created_at": came - timedelta(microseconds=draw.choice([0, 7])), "received_at": came}
    comment: Comment = make_comment(
        article=draw.choice(articles), commenter=draw.choice(people), edited_at=edited, **columns
    )
    return comment


def _past(draw: random.Random, comment: Comment, *, flagged: bool) -> None:
    for _ in range(draw.randrange(4)):
        at = START + timedelta(hours=draw.randrange(9))
        said = {"action": "approve", "from_state": "pending", "revision": 1, "kind": "person"}
        Decision.objects.create(comment=comment, to_state=draw.choice(STATES), at=at, **said)
    if flagged:
        at = START + timedelta(hours=draw.randrange(9))
        ReaderFlag.objects.create(comment=comment, reporter=f"r{draw.randrange(3)}", reason="spam", at=at)


def expected(comments: list[Comment], needed: frozenset[str]) -> list[Features]:
    reviews = Review.objects.select_related("score").in_bulk()
    subjects = [
        Subject.of(one, language=reviews[one.pk].score.language, features=features_of(reviews[one.pk].facts))
        for one in comments
    ]
    return features_as_of(subjects=subjects, needed=needed)


def read(policy: Policy, size: int = 100) -> list[StoredRows]:
    return list(StoredReader.of([policy]).chunks(Review.objects.all(), after=0, last=last_id(), size=size))


def test_each_rows_features_are_those_of_its_comment(archive: list[Comment]) -> None:
    policy = policy_of(*CONDITIONS)
    (rows,) = read(policy)
    found = expected(archive, features_needed(policy))
    assert list(rows.subjects.features) == found
    assert len({one.commenter for one in found}) > 8
    assert len({one.flags for one in found}) > 3
    assert len({one.article_age_hours for one in found}) > 5


@pytest.mark.parametrize("body", CONDITIONS, ids=str)
def test_a_column_says_what_the_condition_says_of_each_row(archive: list[Comment], body: dict[str, Any]) -> None:
    policy = policy_of(body)
    (condition,) = policy.rules[0].when.parts
    (rows,) = read(policy)
    features = expected(archive, features_needed(policy))
    for wanted in (True, False):
        said = [condition.check(wanted=wanted)(Judged({}, one)) for one in features]
        assert condition_met(condition, rows.subjects, wanted=wanted).tolist() == said
        taken = np.array([7, 3, 3, 20])
        some = condition_met(condition, rows.subjects.take(taken), wanted=wanted)
        assert some.tolist() == [said[at] for at in taken]
    states = {condition.state(Judged({}, one)) for one in features}
    assert len(states) > 1


def test_what_was_read_for_one_chunk_serves_the_next(archive: list[Comment], monkeypatch: pytest.MonkeyPatch) -> None:
    policy = policy_of(*CONDITIONS)
    found = [one for rows in read(policy, size=7) for one in rows.subjects.features]
    assert found == expected(archive, features_needed(policy))
    monkeypatch.setattr(records, "MOST_ACTS", 3)
    assert [one for rows in read(policy, size=7) for one in rows.subjects.features] == found


def test_a_chunk_takes_the_same_queries_however_large_it_is(archive: list[Comment]) -> None:
    def queries(size: int) -> int:
        reader, policy_ends = StoredReader.of([policy_of(*CONDITIONS)]), last_id()
        with CaptureQueriesContext(connection) as captured:
            reader.read(Review.objects.all(), after=archive[0].pk - 1, last=policy_ends, size=size)
        return len(captured)

    assert queries(30) == queries(40) <= 9


def test_what_no_rule_asks_for_is_not_read(archive: list[Comment]) -> None:
    with CaptureQueriesContext(connection) as captured:
        (rows,) = read(policy_of({"attribute": "toxicity", "gte": 0.5}))
    assert len(rows.ids) == len(archive)
    asked = captured.captured_queries[0]["sql"]
    assert not [name for name in ("facts", "edited_at", "published_at", "reader_flags") if name in asked]


def test_rows_are_read_one_by_one_or_in_turn(archive: list[Comment]) -> None:
    features = read(policy_of(*CONDITIONS))[0].subjects.features
    assert [features[0], *features[1:]] == list(features)
    assert len(features) == len(archive)


def test_a_score_of_a_models_own_attribute_is_read_for_a_not_too(make_comment: Make, make_review: Make) -> None:
    review = make_review(make_comment())
    review.score.extra = {"nyt_obscene": 0.9}
    review.score.save()
    policy = policy_of({"not": {"attribute": "nyt_obscene", "gte": 0.95}})
    (rows,) = StoredReader.of([policy]).chunks(Review.objects.all(), after=0, last=last_id(), size=10)
    assert condition_met(policy.rules[0].when, rows.subjects).tolist() == [True]


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_days_before_1970_are_numbered_as_all_others(hour: int, make_comment: Make, make_review: Make) -> None:
    review = make_review(make_comment())
    Review.objects.filter(pk=review.pk).update(created_at=datetime(1969, 12, 31, hour, tzinfo=UTC))
    assert list(Review.objects.annotate(day=DayNumber("created_at")).values_list("day", flat=True)) == [-1]
