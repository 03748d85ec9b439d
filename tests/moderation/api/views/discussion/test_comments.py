"""Comments: stored once however often they are sent, all or none, scored on request, edited, withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from archive.models import Article, Comment, CommentRevision, Source
from moderation.models import Decision, Review, Score
from moderation.scoring.queueing.admission import QueueFullError

COMMENTS = "/api/v1/comments/"
ABUSE = "You are a stupid idiot and everybody hates you."
FIELDS = {
    "etag",
    "id",
    "source",
    "external_id",
    "article",
    "parent",
    "commenter",
    "text",
    "text_format",
    "language",
    "created_at",
    "revision",
    "origin_state",
    "withdrawn_at",
    "state",
    "held",
    "highlighted",
    "flagged",
    "decided_by",
    "model",
    "scores",
    "verdict",
}


def item(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A comment as a newsroom sends it."""
    body = {"source": "harbor-times", "external_id": f"x{number}", "article": {"external_id": "a1"}, "text": "Hello."}
    return {**body, **fields}


def errors(response: Any) -> dict[str, tuple[str, int | None]]:
    """pointer → (code, limit)."""
    assert response.status_code == 400, response.content
    return {error["pointer"]: (error["code"], error.get("limit")) for error in response.json()["errors"]}


def test_a_comment_is_stored_with_its_article_commenter_and_parent(api: APIClient, source: Source) -> None:
    first = api.post(COMMENTS, item(1, article={"external_id": "new", "title": "News", "section": "World"}))
    assert first.status_code == 201, first.content
    reply = api.post(
        COMMENTS,
        item(
            2,
            article={"external_id": "new"},
            parent_external_id="x1",
            commenter={"external_id": "u7", "name": "Ada"},
            text="<p>Two<br>lines &amp; more</p>",
            text_format="html",
            language="en",
            created_at="2024-05-01T12:00:00+02:00",
        ),
    ).json()
    assert set(reply) == FIELDS | {"outcome"}
    assert reply["outcome"] == "created"
    assert reply["parent"] == first.json()["id"]
    assert reply["article"]["title"] == "News"
    assert reply["commenter"]["name"] == "Ada"
    assert reply["text"] == "Two\nlines & more"
    assert reply["created_at"] == "2024-05-01T10:00:00Z"
    assert (reply["state"], reply["model"], reply["scores"], reply["verdict"]) == ("unscored", None, None, None)
    assert Comment.objects.get(pk=reply["id"]).raw == "<p>Two<br>lines &amp; more</p>"


def test_the_same_comment_again_is_unchanged_and_another_text_an_edit(api: APIClient, article: Article) -> None:
    answers = [api.post(COMMENTS, item(1, text=text)) for text in ("One.", "One.", "Two.", "Two.")]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200]
    assert [answer.json()["outcome"] for answer in answers] == ["created", "unchanged", "edited", "unchanged"]
    assert [answer.json()["revision"] for answer in answers] == [1, 1, 2, 2]
    assert CommentRevision.objects.get().raw == "One."


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"commenter": {"name": "Ben"}}, "/1/commenter", "other_author"),
        ({"created_at": "2024-05-01T11:00:00Z"}, "/1/created_at", "other_time"),
        ({"article": {"external_id": "other"}}, "/1/external_id", "other_article"),
    ],
)
def test_another_writer_time_or_article_under_a_known_id_is_refused_and_nothing_is_stored(
    api: APIClient, article: Article, changes: dict[str, Any], pointer: str, code: str
) -> None:
    first = item(1, commenter={"name": "Ann"}, created_at="2024-05-01T10:00:00Z")
    assert api.post(COMMENTS, first).status_code == 201
    response = api.post(COMMENTS, [item(2), {**first, "text": "Mine.", **changes}])
    assert response.status_code == 400
    assert [(each["pointer"], each["code"]) for each in response.json()["errors"]] == [(pointer, code)]
    assert Comment.objects.get().raw == first["text"]


def test_two_items_of_one_call_that_share_an_id_without_writer_and_time_are_refused(
    api: APIClient, article: Article
) -> None:
    response = api.post(COMMENTS, [item(1, text="One."), item(1, text="Two.")])
    assert [(each["pointer"], each["code"]) for each in response.json()["errors"]] == [
        ("/1/external_id", "repeated_id")
    ]
    assert not Comment.objects.exists()


def test_a_parent_or_commenter_that_stands_for_none_is_none(api: APIClient, article: Article) -> None:
    api.post(COMMENTS, item(1, parent_external_id="0", commenter={"external_id": "0", "name": "Guest"}))
    assert Comment.objects.values_list("parent_external_id", "commenter").get() == ("", None)


def test_a_list_answers_in_its_order_and_is_201_where_anything_was_new(api: APIClient, article: Article) -> None:
    api.post(COMMENTS, item(2))
    response = api.post(COMMENTS, [item(3), item(2), item(1)])
    assert response.status_code == 201
    assert [(one["external_id"], one["outcome"]) for one in response.json()] == [
        ("x3", "created"),
        ("x2", "unchanged"),
        ("x1", "created"),
    ]
    assert api.post(COMMENTS, [item(3), item(2)]).status_code == 200


def test_a_list_may_mix_sources(api: APIClient, article: Article) -> None:
    Source.objects.create(slug="zeta", name="Z")
    body = [item(1, source="zeta"), item(2), item(3, source="zeta")]
    assert [one["source"] for one in api.post(COMMENTS, body).json()] == ["zeta", "harbor-times", "zeta"]


@pytest.mark.parametrize(
    ("fault", "pointer", "code"),
    [
        ({"text": ""}, "/3/text", "blank"),
        ({"text": " \n\t "}, "/3/text", "blank"),
        ({"text": None}, "/3/text", "null"),
        ({"text": 7}, "/3/text", "invalid"),
        ({"text": ["a"]}, "/3/text", "invalid"),
        ({"source": "nobody"}, "/3/source", "unknown_source"),
        ({"source": "no slug"}, "/3/source", "invalid"),
        ({"external_id": ""}, "/3/external_id", "blank"),
        ({"article": {}}, "/3/article/external_id", "required"),
        ({"article": "a1"}, "/3/article", "invalid"),
        ({"article": {"external_id": "a", "url": "javascript:alert(1)"}}, "/3/article/url", "invalid"),
        ({"article": {"external_id": "a", "titel": "T"}}, "/3/article/titel", "unknown_field"),
        ({"txet": "x"}, "/3/txet", "unknown_field"),
        ({"id": 9}, "/3/id", "unknown_field"),
        ({"text_format": "markdown"}, "/3/text_format", "invalid_choice"),
        ({"language": "e n"}, "/3/language", "invalid"),
        ({"created_at": "yesterday"}, "/3/created_at", "invalid"),
        ({"created_at": "2024-05-01T10:00:00"}, "/3/created_at", "naive"),
        ({"created_at": 1714557600}, "/3/created_at", "invalid"),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, "/3/created_at", "overflow"),
        ({"commenter": {"external_id": "u"}}, "/3/commenter/name", "required"),
    ],
)
def test_one_bad_item_is_named_by_its_pointer_and_nothing_is_stored(
    api: APIClient, article: Article, fault: dict[str, Any], pointer: str, code: str
) -> None:
    response = api.post(COMMENTS, [item(1), item(2), item(3), item(4, **fault), item(5)])
    assert errors(response) == {pointer: (code, None)}
    assert not Comment.objects.exists()
    assert Article.objects.count() == 1


def test_every_bad_item_is_named_at_once(api: APIClient, article: Article) -> None:
    response = api.post(COMMENTS, [item(1, text=""), item(2), item(3, x=1, y=2)])
    assert set(errors(response)) == {"/0/text", "/2/x", "/2/y"}


def test_a_single_object_has_pointers_without_an_index(api: APIClient, article: Article) -> None:
    assert set(errors(api.post(COMMENTS, item(1, text="")))) == {"/text"}
    assert set(errors(api.post(COMMENTS, item(1, source="nobody")))) == {"/source"}


def test_a_hundred_errors_are_listed_and_no_more(api: APIClient, article: Article) -> None:
    response = api.post(COMMENTS, [item(number, text="") for number in range(300)])
    assert len(response.json()["errors"]) == 100


def test_a_text_of_200_kb_is_refused_with_the_limit(api: APIClient, article: Article) -> None:
    assert errors(api.post(COMMENTS, item(1, text="x" * 200_000))) == {"/text": ("max_bytes", 102_400)}


def test_the_limit_of_a_text_counts_bytes_not_characters(api: APIClient, article: Article, settings: Any) -> None:
    settings.MODERATION_MAX_TEXT_BYTES = 10
    assert api.post(COMMENTS, item(1, text="x" * 10)).status_code == 201
    assert errors(api.post(COMMENTS, item(2, text="é" * 6))) == {"/text": ("max_bytes", 10)}


def test_a_name_that_is_too_long_is_refused_with_the_limit(api: APIClient, article: Article) -> None:
    response = api.post(COMMENTS, item(1, external_id="x" * 256, article={"external_id": "a", "title": "t" * 1001}))
    assert errors(response) == {"/external_id": ("max_length", 255), "/article/title": ("max_length", 1000)}


def test_a_list_holds_1_to_1000_comments(api: APIClient, article: Article) -> None:
    assert errors(api.post(COMMENTS, [])) == {"": ("limit", 1000)}
    assert errors(api.post(COMMENTS, [item(number) for number in range(1001)])) == {"": ("limit", 1000)}
    response = api.post(COMMENTS, [item(number) for number in range(1000)])
    assert response.status_code == 201
    assert len(response.json()) == Comment.objects.count() == 1000


@pytest.mark.usefixtures("cache_clock")
def test_storing_ten_times_as_many_takes_no_more_queries(api: APIClient, article: Article) -> None:
    api.post(COMMENTS, [item(0)])
    counts = []
    for start, size in ((100, 4), (200, 40)):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            api.post(COMMENTS, [item(start + number, parent_external_id="x0") for number in range(size)])
        counts.append(len(queries))
    assert counts[0] == counts[1], counts


def test_a_reply_that_comes_before_its_parent_is_linked_when_that_comes(api: APIClient, article: Article) -> None:
    reply = api.post(COMMENTS, item(2, parent_external_id="x1")).json()
    assert reply["parent"] is None
    parent = api.post(COMMENTS, item(1)).json()
    assert api.get(f"{COMMENTS}{reply['id']}/").json()["parent"] == parent["id"]


def test_a_comment_id_of_another_article_is_refused_by_pointer(api: APIClient, article: Article) -> None:
    api.post(COMMENTS, item(1))
    response = api.post(COMMENTS, [item(2), item(1, article={"external_id": "a2"})])
    assert set(errors(response)) == {"/1/external_id"}
    assert Comment.objects.count() == 1


def test_wait_score_answers_with_the_models_scores_and_the_verdict(api: APIClient, article: Article) -> None:
    response = api.post(f"{COMMENTS}?wait=score", [item(1, text=ABUSE), item(2, text="A fine day for a walk.")])
    assert response.status_code == 201
    abuse, calm = response.json()
    assert abuse["scores"]["toxicity"] > 0.7
    assert calm["scores"]["toxicity"] < 0.2
    assert set(abuse["scores"]) == {
        "toxicity",
        "severe_toxicity",
        "obscene",
        "threat",
        "insult",
        "identity_attack",
        "sexual_explicit",
    }
    assert (abuse["state"], abuse["flagged"], calm["state"], calm["flagged"]) == ("pending", True, "passed", False)
    assert abuse["model"] == "compact@6"
    assert abuse["verdict"]["action"] == "queue"
    assert set(abuse["verdict"]["reasons"][0]) == {"attribute", "score", "threshold"}
    assert abuse["language"] == "en"


def test_wait_score_on_what_is_stored_already_scores_it_too(api: APIClient, article: Article) -> None:
    api.post(COMMENTS, item(1, text=ABUSE))
    response = api.post(f"{COMMENTS}?wait=score", item(1, text=ABUSE))
    assert (response.status_code, response.json()["outcome"]) == (200, "unchanged")
    assert response.json()["scores"]["toxicity"] > 0.7


def test_what_is_not_scored_in_time_comes_back_unscored_and_stays_stored(
    api: APIClient, article: Article, settings: Any
) -> None:
    settings.MODERATION_WAIT_SECONDS = 0
    response = api.post(f"{COMMENTS}?wait=score", item(1, text=ABUSE))
    assert response.status_code == 201
    assert (response.json()["state"], response.json()["scores"]) == ("unscored", None)
    assert Comment.objects.unscored().count() == 1


def test_under_a_full_queue_nothing_of_a_call_that_would_wait_is_stored(
    api: APIClient, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise QueueFullError

    monkeypatch.setattr("moderation.scoring.queueing.dynamic_batching.DynamicBatcher.reserve", full)
    response = api.post(f"{COMMENTS}?wait=score", [item(1, text=ABUSE), item(2)])
    assert (response.status_code, response.json()["type"]) == (429, "urn:moderato:problem:overloaded")
    assert response["Retry-After"]
    assert not Comment.objects.exists()
    assert api.post(COMMENTS, item(1, text=ABUSE)).status_code == 201, "who does not wait is served"


def test_more_than_a_hundred_cannot_wait_and_are_not_stored(api: APIClient, article: Article) -> None:
    response = api.post(f"{COMMENTS}?wait=score", [item(number) for number in range(101)])
    assert errors(response) == {"": ("limit", 100)}
    assert not Comment.objects.exists()


def test_wait_is_for_scores_only(api: APIClient, article: Article) -> None:
    assert set(errors(api.post(f"{COMMENTS}?wait=forever", item(1)))) == {"/wait"}


def test_a_text_that_the_model_refuses_waits_for_a_person_and_has_no_scores(api: APIClient, article: Article) -> None:
    body = api.post(f"{COMMENTS}?wait=score", item(1, text="!!! ??? ...")).json()
    assert (body["state"], body["flagged"], body["scores"], body["model"]) == ("pending", True, None, None)
    assert body["verdict"]["rule"] == "unscorable:no_text"


def test_an_edit_keeps_the_earlier_text_and_is_unscored_again(api: APIClient, article: Article) -> None:
    made = api.post(f"{COMMENTS}?wait=score", item(1, text=ABUSE)).json()
    response = api.patch(f"{COMMENTS}{made['id']}/", {"text": "I am sorry."})
    assert response.status_code == 200
    body = response.json()
    assert (body["text"], body["revision"], body["state"], body["flagged"]) == ("I am sorry.", 2, "unscored", False)
    assert body["verdict"] is None
    assert response["ETag"].startswith(f'"{made["id"]}.2.0-')
    assert CommentRevision.objects.get().text == ABUSE
    assert api.get("/api/v1/flagged/").json()["results"] == []
    assert api.patch(f"{COMMENTS}{made['id']}/", {"text": "I am sorry."}).json()["revision"] == 2


@pytest.mark.parametrize("text", [ABUSE, "!!! ??? ..."])
def test_an_edited_comment_that_is_withdrawn_unscored_shows_nothing_of_the_earlier_text(
    api: APIClient, article: Article, text: str
) -> None:
    made = api.post(f"{COMMENTS}?wait=score", item(1, text=text)).json()
    address = f"{COMMENTS}{made['id']}/"
    api.patch(address, {"text": "I am sorry."})
    api.delete(address)
    body = api.get(address).json()
    assert (body["state"], body["flagged"]) == ("closed", False)
    assert (body["model"], body["scores"], body["verdict"]) == (None, None, None)
    assert api.get("/api/v1/flagged/?state=closed").json()["results"] == []


def test_a_review_that_kept_an_earlier_texts_verdict_does_not_show_it(
    api: APIClient, judged: Callable[..., Review]
) -> None:
    review = judged(scores={"toxicity": 0.9}, state="closed")
    Comment.objects.filter(pk=review.pk).update(revision=2, taken_revision=2)
    body = api.get(f"{COMMENTS}{review.pk}/").json()
    assert (body["state"], body["flagged"], body["scores"], body["verdict"]) == ("closed", False, None, None)


def test_a_withdrawn_comment_that_was_not_edited_keeps_its_scores(api: APIClient, article: Article) -> None:
    made = api.post(f"{COMMENTS}?wait=score", item(1, text=ABUSE)).json()
    api.delete(f"{COMMENTS}{made['id']}/")
    (row,) = api.get("/api/v1/flagged/?state=closed").json()["results"]
    assert (row["scores"], row["verdict"]) == (made["scores"], made["verdict"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({}, "/text"), ({"text": ""}, "/text"), ({"text": "a", "created_at": "x"}, "/created_at"), ([], "")],
)
def test_an_edit_is_checked_like_any_text(api: APIClient, article: Article, body: Any, pointer: str) -> None:
    made = api.post(COMMENTS, item(1)).json()
    assert set(errors(api.patch(f"{COMMENTS}{made['id']}/", body))) == {pointer}


def test_a_withdrawn_comment_keeps_its_row_and_leaves_its_queue_with_a_row_in_the_ledger(
    api: APIClient, article: Article
) -> None:
    made = api.post(f"{COMMENTS}?wait=score", item(1, text=ABUSE)).json()
    for _ in range(2):
        assert api.delete(f"{COMMENTS}{made['id']}/").status_code == 204
    body = api.get(f"{COMMENTS}{made['id']}/").json()
    assert body["state"] == "closed"
    assert body["withdrawn_at"] is not None
    assert [(row.kind, row.to_state) for row in Decision.objects.all()] == [("system", "closed")]


def test_the_etag_counts_revisions_and_states(api: APIClient, scored: Callable[..., Comment]) -> None:
    comment = scored(ABUSE)
    tag = api.get(f"{COMMENTS}{comment.pk}/")["ETag"]
    assert tag.startswith(f'"{comment.pk}.1.1-')
    api.post(f"{COMMENTS}{comment.pk}/decisions/", {"action": "approve"})
    assert api.get(f"{COMMENTS}{comment.pk}/")["ETag"].startswith(f'"{comment.pk}.1.2-')


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_an_edit_or_a_withdrawal_with_an_etag_that_is_stale_changes_nothing(
    api: APIClient, article: Article, method: str
) -> None:
    made = api.post(f"{COMMENTS}?wait=score", item(1, text=ABUSE)).json()
    address, sent = f"{COMMENTS}{made['id']}/", {"text": "I am sorry."} if method == "patch" else None
    api.post(f"{address}decisions/", {"action": "approve"})
    stale = getattr(api, method)(address, sent, headers={"If-Match": made["etag"]})
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:moderato:problem:precondition_failed")
    for unknown in ('"other"', '"', "W/" + made["etag"]):
        assert getattr(api, method)(address, sent, headers={"If-Match": unknown}).status_code == 412
    now = api.get(address).json()
    assert (now["text"], now["state"]) == (ABUSE, "approved")
    fresh = getattr(api, method)(address, sent, headers={"If-Match": now["etag"]})
    assert fresh.status_code in {200, 204}
    assert api.get(address).json()["etag"] != now["etag"]


def test_who_has_the_present_tag_is_told_so_in_a_304(api: APIClient, article: Article) -> None:
    made = api.post(f"{COMMENTS}?wait=score", item(1, text=ABUSE)).json()
    address = f"{COMMENTS}{made['id']}/"
    for known in (made["etag"], f'"other", W/{made["etag"]}', "*"):
        response = api.get(address, headers={"If-None-Match": known})
        assert (response.status_code, response.content, response["ETag"]) == (304, b"", made["etag"])
    assert api.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    Score.objects.update(toxicity=0.123)
    assert api.get(address, headers={"If-None-Match": made["etag"]}).status_code == 200, "other scores, another answer"


def test_the_rows_of_every_list_carry_their_tag(api: APIClient, article: Article) -> None:
    made = api.post(f"{COMMENTS}?wait=score", item(1, text=ABUSE)).json()
    tag = api.get(f"{COMMENTS}{made['id']}/")["ETag"]
    lists = [COMMENTS, "/api/v1/flagged/"]
    assert [row["etag"] for address in lists for row in api.get(address).json()["results"]] == [tag, tag]
    (row,) = api.get(f"/api/v1/articles/{article.pk}/thread/").json()["comments"]
    assert row["etag"] == made["etag"] == tag


def test_a_comment_that_is_taken_again_is_shown_as_unscored(api: APIClient, judged: Callable[..., Review]) -> None:
    review = judged(scores={"toxicity": 0.9}, held=True)
    Comment.objects.filter(pk=review.pk).update(taken_revision=0)
    body = api.get(f"{COMMENTS}{review.pk}/").json()
    assert (body["state"], body["flagged"], body["scores"], body["held"]) == ("unscored", False, None, True)


def test_comments_are_found_by_source_article_id_time_and_words(
    api: APIClient, make_comment: Callable[..., Comment]
) -> None:
    one, two = make_comment("The red house."), make_comment("The blue boat.")
    other = Article.objects.create(source=one.source, external_id="a2")
    three = make_comment("Another red boat.", article=other)

    def found(**query: Any) -> set[int]:
        response = api.get(COMMENTS, query)
        assert response.status_code == 200, response.content
        return {row["id"] for row in response.json()["results"]}

    assert found() == {one.pk, two.pk, three.pk}
    assert found(q="red") == {one.pk, three.pk}
    assert found(q="red boat") == {three.pk}
    assert found(article=other.pk) == {three.pk}
    assert found(external_id=two.external_id) == {two.pk}
    assert found(source="harbor-times") == {one.pk, two.pk, three.pk}
    assert found(source="nobody") == set()
    assert found(after=two.created_at.isoformat()) == {two.pk, three.pk}
    assert found(before=two.created_at.isoformat()) == {one.pk}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"article": "x"}, "/article"),
        ({"article": str(2**80)}, "/article"),
        ({"after": "yesterday"}, "/after"),
        ({"after": "2024-13-01"}, "/after"),
        ({"before": "0001-01-01T00:00:00+14:00"}, "/before"),
        ({"q": "a\x00b"}, "/q"),
        ({"source": "\x00"}, "/source"),
        ({"ordering": "colour"}, "/ordering"),
    ],
)
def test_a_filter_value_that_is_none_is_refused_by_name(api: APIClient, query: dict[str, str], pointer: str) -> None:
    response = api.get(COMMENTS, query)
    if "ordering" in query:
        assert set(errors(response)) == {"/ordering"}
    else:
        assert set(errors(response)) == {pointer}
        assert {code for code, _ in errors(response).values()} & {"None", ""} == set()
