"""Why a comment has its scores: kept spans first, else the model is asked."""

from collections.abc import Callable
from typing import Any

import pytest

from archive.models import Comment
from moderation.models import Score
from moderation.services.batch_scoring.options import ScoreOptions
from moderation.services.batch_scoring.run import comments_score
from moderation.services.online_scoring.spans import comment_spans

pytestmark = pytest.mark.django_db
Make = Callable[..., Comment]

ABUSE = "You are a pathetic moron, and everybody here hates you."
CALM = "The ferry leaves at nine and the museum opens at ten."


@pytest.fixture(autouse=True)
def one_thread(settings: Any) -> None:
    settings.MODERATION_THREADS = 1


def test_the_spans_that_were_kept_come_back_as_they_were_kept(make_comment: Make) -> None:
    comment = make_comment(ABUSE)
    comments_score(options=ScoreOptions())
    kept = Score.objects.get(comment=comment).spans
    found = comment_spans(comment_id=comment.pk)
    assert [(span.begin, span.end, span.kind) for span in found] == [(s["begin"], s["end"], s["kind"]) for s in kept]
    assert {span.kind for span in found} == {"sentence", "word"}


def test_where_none_were_kept_the_model_is_asked_and_nothing_is_kept(make_comment: Make) -> None:
    comment = make_comment(CALM)
    comments_score(options=ScoreOptions())
    found = comment_spans(comment_id=comment.pk)
    assert {(span.begin, span.end, span.kind) for span in found} == {(0, len(CALM), "sentence")}
    assert Score.objects.get(comment=comment).spans == []


@pytest.mark.parametrize("text", ["?!", CALM])
def test_a_comment_without_a_score_of_its_present_text_has_none(make_comment: Make, text: str) -> None:
    comment = make_comment(text)
    assert comment_spans(comment_id=comment.pk) == []
    comments_score(options=ScoreOptions())
    Comment.objects.filter(pk=comment.pk).update(revision=2)
    assert comment_spans(comment_id=comment.pk) == []
