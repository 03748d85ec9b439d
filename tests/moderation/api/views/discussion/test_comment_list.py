"""comments/ shows what waits: by state, held, flagged and who decided, with one set of filters for all lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from archive.models import Comment, Source
from moderation.models import Review

COMMENTS = "/api/v1/comments/"


def ids(api: APIClient, query: str = "") -> list[int]:
    """All ids of a list, page by page."""
    found: list[int] = []
    url: str | None = f"{COMMENTS}?{query}"
    while url:
        response = api.get(url)
        assert response.status_code == 200, response.content
        found += [row["id"] for row in response.json()["results"]]
        url = response.json()["next"]
    return found


@pytest.fixture
def rows(judged: Callable[..., Review], make_comment: Callable[..., Comment]) -> dict[str, int]:
    """A comment of every kind that a list must tell apart, oldest first."""
    found = {
        "passed": judged(state="passed", flagged=False, scores={"toxicity": 0.1}, risk=0.1),
        "pending": judged(state="pending", scores={"toxicity": 0.9}, risk=1.1),
        "held": judged(state="pending", held=True, scores={"toxicity": 0.8}, risk=1.0),
        "unscorable": judged(state="pending", flagged=False, verdict={"rule": "unscorable:no_text"}),
        "reopened": judged(state="pending", decided_by="person", scores={"toxicity": 0.5}, risk=0.6),
        "rejected": judged(state="rejected", decided_by="policy", scores={"toxicity": 0.99}, risk=1.2),
        "edited": judged(state="approved", decided_by="person", held=False, scores={"toxicity": 0.95}, risk=1.15),
    }
    Comment.objects.filter(pk=found["edited"].pk).update(revision=2)
    known = {name: review.pk for name, review in found.items()}
    unscored = make_comment("Not scored yet.")
    approval = make_comment("To be approved.", origin_state="unapproved")
    return {**known, "unscored": unscored.pk, "approval": approval.pk}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=pending", ["reopened", "unscorable", "held", "pending"]),
        ("state=unscored", ["approval", "unscored", "edited"]),
        ("state=unscored,rejected", ["approval", "unscored", "edited", "rejected"]),
        ("state=unscored&state=rejected", ["approval", "unscored", "edited", "rejected"]),
        ("state=approved", []),
        ("held=true", ["approval", "held"]),
        ("held=true&state=pending", ["held"]),
        ("held=true&state=unscored", ["approval"]),
        ("held=false&state=pending", ["reopened", "unscorable", "pending"]),
        ("held=false&state=unscored", ["unscored", "edited"]),
        ("flagged=true", ["rejected", "reopened", "held", "pending"]),
        ("flagged=true&state=pending", ["reopened", "held", "pending"]),
        ("flagged=false", ["approval", "unscored", "edited", "unscorable", "passed"]),
        ("flagged=false&state=pending", ["unscorable"]),
        ("decided_by=policy", ["rejected"]),
        ("decided_by=person,policy", ["rejected", "reopened"]),
        ("decided_by=nobody", ["approval", "unscored", "edited", "unscorable", "held", "pending", "passed"]),
        ("decided_by=nobody,policy&state=pending", ["unscorable", "held", "pending"]),
        ("toxicity__gte=0.8", ["rejected", "held", "pending"]),
        ("toxicity__gte=0.8&state=pending&ordering=-risk", ["pending", "held"]),
        ("state=pending&ordering=-toxicity", ["pending", "held", "reopened", "unscorable"]),
        ("attribute=toxicity&state=rejected", ["rejected"]),
        (
            "ordering=-risk",
            ["rejected", "pending", "held", "reopened", "passed", "unscorable", "approval", "unscored", "edited"],
        ),
        (
            "ordering=toxicity",
            ["passed", "reopened", "held", "pending", "rejected", "unscorable", "edited", "unscored", "approval"],
        ),
        ("language=en&state=pending", ["reopened", "held", "pending"]),
        ("q=approved", ["approval"]),
        ("q=remark&state=rejected", ["rejected"]),
    ],
)
@pytest.mark.parametrize("limit", [2, 500])
def test_a_list_holds_just_what_its_filters_name(
    api: APIClient, rows: dict[str, int], query: str, expected: list[str], limit: int
) -> None:
    names = {pk: name for name, pk in rows.items()}
    assert [names[pk] for pk in ids(api, f"{query}&limit={limit}")] == expected


def test_every_comment_is_in_the_list_of_just_one_state(api: APIClient, rows: dict[str, int]) -> None:
    states = ("unscored", "passed", "pending", "approved", "rejected", "deferred", "escalated", "closed")
    found = [pk for state in states for pk in ids(api, f"state={state}")]
    assert sorted(found) == sorted(rows.values())
    for row in api.get(COMMENTS).json()["results"]:
        assert row["id"] in ids(api, f"state={row['state']}&held={str(row['held']).lower()}")
        assert row["id"] in ids(api, f"flagged={str(row['flagged']).lower()}")
        assert row["id"] in ids(api, f"decided_by={row['decided_by'] or 'nobody'}")


def test_place_and_time_narrow_both_kinds_of_lists(api: APIClient, rows: dict[str, int], commenter: Any) -> None:
    other = Source.objects.create(slug="other", name="Other")
    pending = Comment.objects.get(pk=rows["pending"])
    for state in ("", "state=pending&"):
        assert rows["pending"] in ids(api, f"{state}source=harbor-times&section=Politics&article={pending.article_id}")
        assert ids(api, f"{state}source={other.slug}") == []
        assert ids(api, f"{state}external_id={pending.external_id}") == [pending.pk]
        assert rows["pending"] in ids(api, f"{state}commenter={commenter.pk}")
        assert ids(api, f"{state}commenter={commenter.pk + 1}") == []
        after = pending.created_at.isoformat().replace("+00:00", "Z")
        before = (pending.created_at + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
        assert ids(api, f"{state}after={after}&before={before}") == [pending.pk]


@pytest.mark.parametrize("query", ["", "state=pending", "held=true", "state=unscored,pending", "ordering=-risk"])
def test_a_page_costs_no_query_per_row(
    api: APIClient, rows: dict[str, int], cache_clock: list[float], django_assert_max_num_queries: Any, query: str
) -> None:
    api.get(COMMENTS)  # the key, which is kept while the clock stands still
    with django_assert_max_num_queries(3):
        api.get(f"{COMMENTS}?{query}")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("state=waiting", "/state"),
        ("held=maybe", "/held"),
        ("flagged=1", "/flagged"),
        ("decided_by=ada", "/decided_by"),
        ("ordering=state", "/ordering"),
        ("held=true&held=false", "/held"),
    ],
)
def test_what_a_filter_does_not_know_is_refused_by_name(api: APIClient, query: str, pointer: str) -> None:
    response = api.get(f"{COMMENTS}?{query}")
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == pointer
    assert response.json()["errors"][0]["code"] not in {"None", None, ""}


def test_a_comment_of_a_muted_commenter_is_among_the_held(api: APIClient, scored: Callable[..., Comment]) -> None:
    first = scored("A calm remark about the road.")
    api.post(f"/api/v1/commenters/{first.commenter_id}/mute/", {"reason": "spam"})
    second = scored("Another calm remark about the road.")
    assert ids(api, "held=true&state=pending") == [second.pk]
    assert api.get(COMMENTS).json()["results"][0]["verdict"]["cause"] == "commenter_muted"


def stored(api: APIClient, number: str, **fields: Any) -> Any:
    body = {"source": "harbor-times", "external_id": number, "article": {"external_id": "a1"}, "text": "Hello there."}
    return api.post(COMMENTS, {**body, **fields})


def test_a_site_that_asks_for_approval_is_told_to_hide_the_comment_at_once(api: APIClient, article: Any) -> None:
    body = stored(api, "1", origin_state="unapproved").json()
    assert (body["state"], body["held"], body["origin_state"]) == ("unscored", True, "unapproved")
    assert ids(api, "held=true") == [body["id"]]
    calm = api.post(f"{COMMENTS}?wait=score", {
        "source": "harbor-times", "external_id": "2", "article": {"external_id": "a1"},
        "text": "The minister spoke on Tuesday about the new road.", "origin_state": "unapproved",
    }).json()  # fmt: skip
    assert (calm["state"], calm["held"]) == ("pending", True)
    api.post(f"{COMMENTS}{calm['id']}/decisions/", {"action": "approve"})
    after = api.get(f"{COMMENTS}{calm['id']}/").json()
    assert (after["state"], after["held"]) == ("approved", False)


def test_the_states_of_the_source_are_kept_and_a_deleted_comment_is_closed_and_comes_back(
    api: APIClient, article: Any
) -> None:
    assert stored(api, "1", origin_state="gone").json()["errors"][0]["pointer"] == "/origin_state"
    first = stored(api, "1", origin_state="deleted").json()
    assert (first["origin_state"], first["state"]) == ("deleted", "closed")
    again = stored(api, "1", origin_state="published").json()
    assert (again["outcome"], again["state"], again["origin_state"]) == ("edited", "unscored", "published")
    assert stored(api, "1").json()["outcome"] == "unchanged"


def test_a_withdrawn_comment_stays_so_when_it_is_stored_again_and_can_be_restored(
    api: APIClient, scored: Callable[..., Comment]
) -> None:
    comment = scored("A calm remark about the road.")
    api.post(f"{COMMENTS}{comment.pk}/decisions/", {"action": "reject"})
    assert api.delete(f"{COMMENTS}{comment.pk}/").status_code == 204
    again = stored(api, comment.external_id, text=comment.text, created_at=comment.created_at.isoformat()).json()
    assert again["withdrawn_at"]
    etag = api.get(f"{COMMENTS}{comment.pk}/")["ETag"]
    stale = f'"{comment.pk}.1.1"'
    assert api.post(f"{COMMENTS}{comment.pk}/restore/", headers={"If-Match": stale}).status_code == 412
    back = api.post(f"{COMMENTS}{comment.pk}/restore/", headers={"If-Match": etag})
    assert (back.status_code, back.json()["state"], back.json()["withdrawn_at"]) == (200, "unscored", None)
    assert api.post(f"{COMMENTS}{comment.pk}/restore/").status_code == 200
    assert ids(api, "state=unscored") == [comment.pk]


def test_a_restored_comment_is_judged_again_and_a_rejection_still_counts(
    api: APIClient, scored: Callable[..., Comment], settings: Any
) -> None:
    from moderation.services.batch_scoring.options import ScoreOptions
    from moderation.services.batch_scoring.run import comments_score

    calm, rejected = scored("A calm remark about the road."), scored("Another calm remark about the bridge.")
    api.post(f"{COMMENTS}{rejected.pk}/decisions/", {"action": "reject"})
    for comment in (calm, rejected):
        api.delete(f"{COMMENTS}{comment.pk}/")
        api.post(f"{COMMENTS}{comment.pk}/restore/")
    comments_score(options=ScoreOptions())
    states = {pk: api.get(f"{COMMENTS}{pk}/").json()["state"] for pk in (calm.pk, rejected.pk)}
    assert states == {calm.pk: "passed", rejected.pk: "pending"}
    moves = [
        (row["from_state"], row["to_state"]) for row in api.get(f"{COMMENTS}{calm.pk}/decisions/").json()["results"]
    ]
    assert moves == [("passed", "closed"), ("closed", "unscored")]


def test_what_was_erased_or_deleted_at_its_source_is_not_restored(api: APIClient, make_comment: Any) -> None:
    erased = make_comment(erased_at=datetime(2024, 1, 1, tzinfo=UTC))
    deleted = make_comment(origin_state="deleted")
    for comment in (erased, deleted):
        response = api.post(f"{COMMENTS}{comment.pk}/restore/")
        assert (response.status_code, response.json()["type"]) == (409, "urn:moderato:problem:conflict")
