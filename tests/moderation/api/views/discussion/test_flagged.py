"""The flagged list: filters, orders, and what is in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from archive.models import Article, Comment, Source
from moderation.models import Review, Score, State

FLAGGED = "/api/v1/flagged/"


def found(api: APIClient, **query: Any) -> list[int]:
    response = api.get(FLAGGED, query)
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def test_abuse_that_the_model_scored_is_listed_with_its_reason_and_calm_words_are_not(
    api: APIClient, scored: Callable[..., Comment]
) -> None:
    abuse = scored("You are a stupid idiot and everybody hates you.")
    scored("The minister spoke on Tuesday about the new road.")
    (row,) = api.get(FLAGGED).json()["results"]
    assert (row["id"], row["state"], row["flagged"]) == (abuse.pk, "pending", True)
    assert row["verdict"]["flagged"] is True
    reason = row["verdict"]["reasons"][0]
    assert reason["score"] >= reason["threshold"]
    assert row["scores"][reason["attribute"]] == pytest.approx(reason["score"], abs=1e-6)


def test_decided_ones_stay_and_unscored_ones_leave(api: APIClient, judged: Callable[..., Review]) -> None:
    rejected = judged(state=State.REJECTED)
    edited = judged()
    judged(flagged=False)
    Comment.objects.filter(pk=edited.pk).update(revision=2)
    assert found(api) == [rejected.pk]


def test_states_are_a_list_with_commas(api: APIClient, judged: Callable[..., Review]) -> None:
    by_state = {state: judged(state=state).pk for state in ("pending", "rejected", "approved")}
    assert found(api, state="pending") == [by_state["pending"]]
    assert set(found(api, state="pending,rejected")) == {by_state["pending"], by_state["rejected"]}
    assert set(found(api, state=["pending", "rejected"])) == {by_state["pending"], by_state["rejected"]}
    assert set(found(api, state=["pending,approved", "rejected"])) == set(by_state.values())
    assert api.get(FLAGGED, {"state": ["pending", "nothing"]}).status_code == 400


def test_place_time_language_and_words(
    api: APIClient, judged: Callable[..., Review], source: Source, article: Article
) -> None:
    sport = Article.objects.create(source=source, external_id="s", section="Sport")
    elsewhere = Source.objects.create(slug="zeta", name="Zeta")
    far = Article.objects.create(source=elsewhere, external_id="z", section="Politics")
    one = judged("red words", scores={"toxicity": 0.9}).pk
    two = judged("blue words", article=sport, language="tr").pk
    three = judged("green", article=far, source=elsewhere, language="en").pk
    assert set(found(api, source="harbor-times")) == {one, two}
    assert found(api, article=sport.pk) == [two]
    assert found(api, section="Politics") == [three, one]
    assert found(api, language="tr") == [two]
    assert found(api, language="en") == [three, one]
    assert set(found(api, q="words")) == {one, two}
    assert found(api, q="red words", source="harbor-times", state="pending") == [one]
    middle = Review.objects.get(pk=two).created_at
    assert found(api, after=middle.isoformat()) == [three, two]
    assert found(api, before=middle.isoformat()) == [one]
    assert found(api, after=(middle + timedelta(days=1)).date().isoformat()) == []


@pytest.mark.parametrize("attribute", Score.ATTRIBUTES)
def test_each_attribute_has_bounds_that_include_what_they_say(
    api: APIClient, judged: Callable[..., Review], attribute: str
) -> None:
    low, middle, high = (judged(scores={attribute: value}).pk for value in (0.2, 0.5, 0.8))
    judged()
    assert found(api, **{f"{attribute}__gte": "0.5"}) == [high, middle]
    assert found(api, **{f"{attribute}__gt": "0.5"}) == [high]
    assert found(api, **{f"{attribute}__lte": "0.5"}) == [middle, low]
    assert found(api, **{f"{attribute}__lt": "0.5"}) == [low]
    assert found(api, **{f"{attribute}__gte": "0.3", f"{attribute}__lt": "0.8"}) == [middle]
    assert found(api, ordering=attribute)[:3] == [low, middle, high]
    assert found(api, ordering=f"-{attribute}")[:3] == [high, middle, low]


def test_an_attribute_filters_by_the_reason_of_the_verdict(api: APIClient, judged: Callable[..., Review]) -> None:
    insult = judged(scores={"insult": 0.9}).pk
    both = judged(scores={"insult": 0.9, "threat": 0.9}).pk
    judged(scores={"toxicity": 0.9})
    judged()
    assert found(api, attribute="insult") == [both, insult]
    assert found(api, attribute="threat") == [both]
    assert found(api, attribute="obscene") == []


def test_risk_and_time_order_both_ways(api: APIClient, judged: Callable[..., Review]) -> None:
    small, large = judged(risk=0.5).pk, judged(risk=2.0).pk
    assert found(api, ordering="risk") == [small, large] == found(api, ordering="created_at")
    assert found(api, ordering="-risk") == [large, small] == found(api, ordering="-created_at") == found(api)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"state": "pending,lost"}, "/state"),
        ({"state": "unscored"}, "/state"),
        ({"attribute": "rudeness"}, "/attribute"),
        ({"toxicity__gte": "1.5"}, "/toxicity__gte"),
        ({"toxicity__gte": "nan"}, "/toxicity__gte"),
        ({"toxicity__gte": "much"}, "/toxicity__gte"),
        ({"rudeness__gte": "0.5"}, "/rudeness__gte"),
        ({"toxicity": "0.5"}, "/toxicity"),
        ({"article": "-1"}, "/article"),
        ({"after": "now"}, "/after"),
        ({"q": "a\x00"}, "/q"),
        ({"ordering": "external_id"}, "/ordering"),
    ],
)
def test_a_filter_that_is_none_is_refused_by_name(api: APIClient, query: dict[str, str], pointer: str) -> None:
    response = api.get(FLAGGED, query)
    assert response.status_code == 400
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


@pytest.mark.usefixtures("cache_clock")
@pytest.mark.parametrize(
    "address",
    [
        "flagged/?q=remark&state=pending&attribute=toxicity&ordering=-toxicity",
        "flagged/?limit=500",
        "comments/?limit=500",
        "articles/?limit=500",
        "sources/",
        "decisions/",
        "policies/",
        "models/",
    ],
)
def test_no_list_asks_the_database_once_a_row(
    api: APIClient, judged: Callable[..., Review], source: Source, address: str
) -> None:
    counts = []
    for size in (2, 12):
        for number in range(size):
            article = Article.objects.create(source=source, external_id=f"{size}-{number}")
            review = judged(scores={"toxicity": 0.9}, article=article)
            response = api.post(f"/api/v1/comments/{review.pk}/decisions/", {"action": "approve", "note": "seen"})
            assert response.status_code == 201
            Review.objects.filter(pk=review.pk).update(state="pending")
        with CaptureQueriesContext(connection) as queries:
            response = api.get(f"/api/v1/{address}")
        assert response.status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1], [query["sql"] for query in queries]
    assert counts[0] <= 6, [query["sql"] for query in queries]
