"""Tokens of JSON are counted before it is decoded, in slices, as a reader of single characters would count them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import json_tokens
from moderation.json_tokens import MAX_TOKENS, has_too_many_tokens, token_count

PIECES = st.lists(st.sampled_from(['"', "\\", '\\"', "\\\\", ",", "[", "{", "a", "]", "}", ":", "é"]), max_size=200)


def counted(text: str) -> int:
    """Counts complete strings, and what stands outside of them, a character at a time."""
    found, inside, escaped = 0, False, False
    for character in text:
        if escaped and character in '"\\':
            escaped = False
            continue
        escaped = False
        if character == "\\":
            escaped = True
        elif character == '"':
            found += inside
            inside = not inside
        elif not inside and character in ",[{":
            found += 1
    return found


@pytest.mark.parametrize("size", [1, 2, 7, 4_096])
@given(pieces=PIECES)
def test_the_count_does_not_depend_on_where_a_slice_ends(size: int, pieces: list[str]) -> None:
    text = "".join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_tokens, "SLICE_CHARACTERS", size)
        assert token_count(text) == counted(text)


@given(value=st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30))
def test_json_itself_is_counted_right(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert token_count(text) == counted(text)


@pytest.mark.parametrize("piece", ["[", '"a",', '{"a":', ",", '"\\"",'])
def test_counting_ends_once_there_are_too_many(piece: str) -> None:
    text = piece * (10_000_000 // len(piece))
    assert has_too_many_tokens(text)
    assert token_count(text) < MAX_TOKENS + 3 * json_tokens.SLICE_CHARACTERS


def test_one_long_string_is_one_token() -> None:
    assert token_count(json.dumps("a,[{" * 100_000)) == 1
