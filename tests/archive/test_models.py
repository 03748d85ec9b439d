"""The archive's rows, and the question that starts everything."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection

from archive.models import Article, Comment, Source

MakeComment = Callable[..., Comment]


def test_a_comment_is_unscored_until_its_present_revision_was_taken(make_comment: MakeComment) -> None:
    comment = make_comment()
    assert list(Comment.objects.unscored()) == [comment]
    comment.taken_revision = 1
    comment.save()
    assert not Comment.objects.unscored().exists()
    comment.revision = 2
    comment.save()
    assert list(Comment.objects.unscored()) == [comment]


def test_unscored_comments_are_found_through_their_partial_index(make_comment: MakeComment) -> None:
    make_comment()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "comment_unscored" in Comment.objects.unscored().order_by("id").explain()


def test_a_source_knows_a_comment_by_one_id_only(make_comment: MakeComment) -> None:
    make_comment(external_id="same")
    with pytest.raises(IntegrityError):
        make_comment(external_id="same")


def test_every_comment_has_a_seal_key_of_its_own(make_comment: MakeComment) -> None:
    keys = {bytes(make_comment().seal_key) for _ in range(3)}
    assert {len(key) for key in keys} == {16}
    assert len(keys) == 3


def test_withdrawn_erased_and_deleted_comments_are_not_open(make_comment: MakeComment) -> None:
    kept = make_comment()
    make_comment(withdrawn_at=kept.created_at)
    make_comment(erased_at=kept.created_at)
    make_comment(origin_state="deleted")
    assert list(Comment.objects.open()) == [kept]


def test_a_thread_comes_in_the_order_of_its_comments(make_comment: MakeComment, article: Article) -> None:
    first = make_comment()
    second, third = make_comment(created_at=first.created_at), make_comment()
    assert list(Comment.objects.thread(article)) == [first, second, third]


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_a_time_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Source(slug="s", name="S", timezone=name).full_clean(validate_unique=False)
