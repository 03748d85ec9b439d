"""The version token: what is written is read back, and nothing else is taken for one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.models import Comment
from moderation.models import Review
from moderation.services.states.version import VersionToken, version_tokens_parse

Reviewed = Callable[..., Review]
numbers = st.integers(0, 10**18 - 1)
tokens = st.builds(VersionToken, numbers, numbers, numbers)


@pytest.mark.django_db
def test_what_a_page_carries_is_read_back(reviewed: Reviewed) -> None:
    comment = Comment.objects.select_related("review").get(pk=reviewed().pk)
    token = VersionToken.of(comment)
    assert (token.comment_id, token.revision) == (comment.pk, comment.revision)
    assert token.state_version == comment.review.state_version
    assert VersionToken.parse(str(token)) == token


@given(tokens)
def test_any_token_is_read_back(token: VersionToken) -> None:
    assert VersionToken.parse(str(token)) == token


@given(st.text() | st.from_regex(r"\d{0,20}\.\d{0,20}\.\d{0,20}"))
def test_any_other_text_is_no_version(text: str) -> None:
    found = VersionToken.parse(text)
    assert found is None or str(found) == ".".join(str(int(part)) for part in text.split("."))
    assert found is None or text.isascii()


@given(st.lists(tokens, max_size=5), st.sampled_from(["", "x", "1.2", "1.1.1.1", "-1.1.1", "²", "1.1.1\n"]))
def test_tokens_of_many_are_kept_by_comment_and_what_is_none_is_left_out(many: list[VersionToken], none: str) -> None:
    assert version_tokens_parse([*map(str, many), none]) == {one.comment_id: one for one in many}
