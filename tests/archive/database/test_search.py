"""Searching comments by their words, the same on both databases."""

from collections.abc import Callable

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.database.search import search_comments
from archive.models import Comment

MakeComment = Callable[..., Comment]


def found(query: str) -> list[str]:
    return sorted(search_comments(Comment.objects.all(), query).values_list("external_id", flat=True))


def test_a_comment_is_found_by_all_of_its_words_in_any_order(make_comment: MakeComment) -> None:
    make_comment("The second battery arrives in spring.", external_id="a")
    make_comment("The battery is late.", external_id="b")
    assert found("battery second") == ["a"]
    assert found("BATTERY") == ["a", "b"]
    assert found("bat") == []


def test_the_words_of_an_edited_comment_replace_the_earlier_ones(make_comment: MakeComment) -> None:
    comment = make_comment("missiles", external_id="a")
    comment.text = "tractors"
    comment.save()
    assert (found("missiles"), found("tractors")) == ([], ["a"])
    comment.delete()
    assert found("tractors") == []


def test_marks_alone_find_nothing(make_comment: MakeComment) -> None:
    make_comment("words")
    assert found(" \"'*()-:^ ") == []


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(query=st.text(max_size=60))
def test_no_query_makes_the_search_fail(query: str) -> None:
    list(search_comments(Comment.objects.all(), query.replace("\x00", " ")))


def test_the_index_serves_the_search(make_comment: MakeComment) -> None:
    make_comment("words")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "archive_comment_words" in search_comments(Comment.objects.all(), "words").order_by().explain()
