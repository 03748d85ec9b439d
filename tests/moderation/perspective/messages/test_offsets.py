"""Places in UTF-16 code units."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moderation.perspective.messages.offsets import utf16_offsets


@given(st.text(max_size=40), st.data())
def test_the_units_between_two_places_are_those_of_the_text_between_them(text: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, len(text)))
    units = text.encode("utf-16-le", "surrogatepass")
    ((first, last),) = utf16_offsets(text, [(begin, end)])
    assert units[2 * first : 2 * last].decode("utf-16-le", "surrogatepass") == text[begin:end]


def test_a_character_beyond_the_first_plane_counts_twice() -> None:
    assert utf16_offsets("a😀b", [(0, 3), (1, 2), (2, 3)]) == [(0, 4), (1, 3), (3, 4)]
