"""CSV is a table to whoever reads it, whatever a reader of the newspaper wrote."""

import csv
import unicodedata
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.services.ledger.csv_cells import cell, csv_lines

BLANKS = st.text(alphabet=" \t\r\n\x00\x0b\x1f\x7f\x85\xa0\u2028\u3000\u200b\u200e\ufeff", max_size=4)
SIGNS = st.sampled_from("=+-@＝＋－＠﹦﹣−")
HOSTILE = st.builds("{}{}{}".format, BLANKS, SIGNS, st.text(max_size=20))
CELLS = st.one_of(
    HOSTILE, st.text(), st.text(alphabet='a"\',;\r\n\t='), st.none(), st.integers(), st.floats(), st.booleans(),
    st.lists(st.text(max_size=4)), st.dictionaries(st.text(max_size=4), st.text(max_size=4)),
)  # fmt: skip
COLUMNS = ("one", "two", "three")


def seen(text: str) -> str:
    """The text from its first character that a reader sees."""
    unseen = (index for index, one in enumerate(text) if unicodedata.category(one)[0] not in "CZ")
    return text[next(unseen, len(text)) :]


@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5))
def test_what_is_read_back_has_as_many_rows_and_cells_and_no_formula(rows: list[tuple[object, ...]]) -> None:
    written = "".join(csv_lines((dict(zip(COLUMNS, row, strict=True)) for row in rows), COLUMNS))
    header, *found = csv.reader(StringIO(written, newline=""), strict=True)
    assert (tuple(header), len(found)) == (COLUMNS, len(rows))
    for given_row, read in zip(rows, found, strict=True):
        assert len(read) == len(COLUMNS)
        texts = [text for value, text in zip(given_row, read, strict=True) if isinstance(value, str | list | dict)]
        assert not [text for text in texts if unicodedata.normalize("NFKC", seen(text))[:1] in tuple("=+-@−")]
        assert not [text for text in texts if text.startswith(("\t", "\r", "\n"))]
        assert not [one for text in texts for one in text if unicodedata.category(one) == "Cc" and one not in "\t\r\n"]


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cc", "Zl", "Zp", "Cs"])))
def test_text_without_control_characters_is_whole(text: str) -> None:
    assert cell(text) in {text, f"'{text}"}


@pytest.mark.parametrize("text", ["a=b", "'=1+1", "", "1-2", "(-1)", "ada@example.org", "a\tb\r\nc"])
def test_text_that_begins_no_formula_is_left_alone(text: str) -> None:
    assert cell(text) == text


def test_a_line_end_alone_ends_no_row_for_a_program_that_splits_at_any() -> None:
    (_, line) = csv_lines([{"one": "club\r=1+1"}], ["one"])
    assert line == '"club\r=1+1"\n'
