"""comments:suggestscore: feedback that is kept, and tied to the archive where the ids allow."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from archive.models import Article, Comment, Source
from moderation.models import ApiKey, Feedback

SUGGEST = "/v1alpha1/comments:suggestscore"
TEXT = "I do not think that the mayor is right."

pytestmark = pytest.mark.django_db


def coral(comment_id: str = "c1", url: str = "https://news.example/a?commentID=c1", **fields: Any) -> dict[str, Any]:
    """What Coral sends when a moderator rejects a comment."""
    entry = {"url": url, "reply_to_id_Coral_comment_id": None, "Coral_comment_id": comment_id}
    return {
        "comment": {"text": TEXT},
        "context": {"entries": [{"text": json.dumps(entry)}]},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}},
        "languages": ["en"],
        "communityId": "Coral:https://coral.example",
        "clientToken": f"comment:{comment_id}",
        **fields,
    }


def test_corals_decision_is_kept_and_tied_to_the_comment(call: Any, make_comment: Callable[..., Comment]) -> None:
    comment = make_comment(TEXT, external_id="c1")
    answer = call(coral(), path=SUGGEST)
    assert answer.status == 200
    assert answer.body == {"clientToken": "comment:c1", "requestedLanguages": ["en"], "detectedLanguages": ["en"]}
    kept = Feedback.objects.get()
    assert (kept.comment, kept.text, kept.scores, kept.trusted) == (comment, TEXT, {"TOXICITY": 1.0}, False)
    assert (kept.languages, kept.community_id, kept.api_key) == (["en"], "Coral:https://coral.example", "key 1")
    assert json.loads(kept.context["entries"][0]["text"])["Coral_comment_id"] == "c1"


def test_a_suggestion_for_an_erased_comment_keeps_no_words(call: Any, make_comment: Callable[..., Comment]) -> None:
    make_comment("", external_id="c1", erased_at=timezone.now())
    assert call(coral(), path=SUGGEST).status == 200
    kept = Feedback.objects.get()
    assert (kept.text, kept.context, kept.client_token, kept.scores) == ("", {}, "", {"TOXICITY": 1.0})


def test_only_a_marked_keys_feedback_is_trusted(call: Any, api_key: Callable[..., str]) -> None:
    call(coral(), path=SUGGEST, key=api_key("analyze", trusted_feedback=True))
    assert Feedback.objects.get().trusted


def test_a_summary_without_a_value_is_zero_which_protobuf_does_not_write(call: Any) -> None:
    call(coral(attributeScores={"TOXICITY": {"summaryScore": {}}}), path=SUGGEST)
    assert Feedback.objects.get().scores == {"TOXICITY": 0.0}


def test_the_official_sample_with_its_trailing_comma_and_snake_case_is_taken(call: Any) -> None:
    sample = """{
      comment: {text: "Who is a fat cat?"},
      attribute_scores: {"TOXICITY": {"summary_score": {value: 0.3,},},},
      client_token: "xyz",
    }"""
    answer = call(sample, path=SUGGEST)
    assert answer.body == {"clientToken": "xyz", "requestedLanguages": [], "detectedLanguages": ["en"]}


@pytest.fixture
def second_site(make_comment: Callable[..., Comment]) -> tuple[Comment, Comment]:
    """The same comment id in two sources, each with its article's address."""
    first = make_comment(TEXT, external_id="c1")
    Article.objects.filter(pk=first.article_id).update(url="https://news.example/a")
    source = Source.objects.create(slug="other", name="Other")
    article = Article.objects.create(source=source, external_id="z", url="https://other.example/z?id=2")
    second = make_comment(TEXT, external_id="c1", source=source, article=article, commenter=None)
    return first, second


def test_where_two_sources_have_the_id_the_articles_address_decides(
    call: Any, second_site: tuple[Comment, Comment]
) -> None:
    for url in (
        "https://news.example/a/?commentID=c1",
        "https://other.example/z?id=2&commentID=c1#x",
        "https://x.example",
    ):
        call(coral(url=url), path=SUGGEST)
    assert [kept.comment for kept in Feedback.objects.order_by("id")] == [*second_site, None]


def test_a_key_of_one_source_names_no_comment_of_another(
    call: Any, second_site: tuple[Comment, Comment], api_key: Callable[..., str]
) -> None:
    key = api_key("analyze", sources=[Source.objects.get(slug="other")])
    call(coral(url="https://news.example/a"), path=SUGGEST, key=key)
    assert Feedback.objects.get().comment == second_site[1]


@pytest.mark.parametrize(
    "context",
    [{}, {"entries": []}, {"entries": [{"text": "{"}]}, {"entries": [{"text": "[1]"}]}, {"entries": [{}]},
     {"entries": [{"text": '{"Coral_comment_id": 5}'}]}, {"entries": [{"text": "[" * 5000}]},
     {"articleAndParentComment": {"article": {"text": "a"}}}],
)  # fmt: skip
def test_a_context_that_says_nothing_leaves_the_client_token(
    call: Any, make_comment: Callable[..., Comment], context: Any
) -> None:
    comment = make_comment(TEXT, external_id="c1")
    assert call(coral(context=context), path=SUGGEST).status == 200
    assert call(coral(context=context, clientToken="other"), path=SUGGEST).status == 200
    assert [kept.comment for kept in Feedback.objects.order_by("id")] == [comment, None]


def test_what_a_database_cannot_keep_is_replaced(call: Any) -> None:
    entry = {"entries": [{"text": "a\0\ud800"}]}
    body = coral(context=entry, communityId="c" * 400, sessionId="s\0", languages=["en\0"])
    body["comment"]["text"] = "a\0b \udc00 c"
    body["attributeScores"] = {"T\0\ud800": {"summaryScore": {"value": 1}}}
    assert call(body, path=SUGGEST).status == 200
    kept = Feedback.objects.get()
    assert (kept.text, list(kept.scores), kept.session_id) == ("a\ufffdb \ufffd c", ["T\ufffd\ufffd"], "s\ufffd")
    assert len(kept.community_id) == 255


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"comment": {"text": ""}}, "Comment must be non-empty."),
        ({"comment": {"text": "a" * 20_481}}, "Comment text too long."),
        ({"comment": {"text": "a", "type": "HTML"}}, "Currently, only 'PLAIN_TEXT' comments are supported"),
        ({"attributeScores": {}}, "Missing attribute_scores"),
        ({"attributeScores": {"TOXICITY": {}}}, "Missing summary_score of attribute TOXICITY"),
        ({"attributeScores": {"A": {"summaryScore": {"value": 1.5}}}}, "The value of attribute A must be from 0 to 1."),
        ({"attributeScores": {"A": {"summaryScore": {"value": -1}}}}, "The value of attribute A must be from 0 to 1."),
        (
            {"attributeScores": {f"A{i}": {"summaryScore": {}} for i in range(101)}},
            "Invalid value at 'attribute_scores': 101 items, at most 100 are taken.",
        ),
    ],
)
def test_a_wrong_suggestion_is_refused_and_not_kept(call: Any, change: dict[str, Any], message: str) -> None:
    answer = call(coral(**change), path=SUGGEST)
    assert (answer.status, answer.message) == (400, message)
    assert not Feedback.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("doNotStore", True), ("attributeScores", {"A": {"summaryScore": {"value": "NaN"}}}), ("attributeScores", 1)],
)
def test_a_wrong_field_is_refused_and_nothing_is_kept(call: Any, field: str, value: Any) -> None:
    assert call(coral(**{field: value}), path=SUGGEST).status == 400
    assert not Feedback.objects.exists()


def test_a_foreign_text_is_feedback_too(call: Any) -> None:
    text = "Buenos días a todos, me gustaría saber cuándo abre la biblioteca municipal del barrio."
    answer = call(coral(comment={"text": text}), path=SUGGEST)
    assert (answer.status, answer.body["detectedLanguages"]) == (200, ["es"])


def test_the_key_needs_the_scope(call: Any, api_key: Callable[..., str]) -> None:
    answer = call(coral(), path=SUGGEST, key=api_key("moderate"))
    assert answer.status == 403
    assert "SuggestCommentScore" in answer.message
    assert ApiKey.objects.count() == 2
