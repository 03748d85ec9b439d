"""Tables: columns by name or by map, quotes or none, and rows that are broken."""
# ruff: noqa: DTZ001 - a time without a zone is one of the cases: it is in the source's own zone

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.importers.records import ArticleRecord, CommentRecord, FormatError, Item, Notice, Rejected
from archive.importers.rows import table
from archive.importers.rows.lines import TextLine
from archive.importers.rows.table import _rows

Parsed = Callable[..., list[Item]]
Comments = Callable[[list[Item]], list[CommentRecord]]

HEADER = "external_id,article_external_id,article.title,commenter_name,text,created_at\n"


def row(number: int, text: str = "x") -> str:
    return f"{number},a1,Ferry,Ann,{text},2021-05-03\n"


def test_a_row_is_a_comment_with_its_article(parsed: Parsed) -> None:
    (item,) = parsed("csv", HEADER + '1,a1,"Ferry, late",Ann,"She said ""no"".\nTwice.",2021-05-03T10:00Z\n')
    assert item == CommentRecord(
        external_id="1",
        article=ArticleRecord(external_id="a1", title="Ferry, late", line=2),
        raw='She said "no".\nTwice.',
        commenter_name="Ann",
        created_at=datetime(2021, 5, 3, 10, tzinfo=UTC),
        line=2,
    )


def test_other_peoples_tables_come_in_by_map_delimiter_quotes_and_time_format(parsed: Parsed) -> None:
    table = (
        "author\tup\ttext\tid\ttimestamp\ttitle\turl\n"
        'Ann\t4\tThis is "one thing\t17\tThu Jun 26 00:00:00 CEST 2014\tFerry\t/town/ferry\n'
        "Bo\t0\tNo, it's\" two\t18\tWed Jan 15 00:00:00 CET 2014\tFerry\t/town/ferry\n"
    )
    mapping = {
        "external_id": "id",
        "article.external_id": "url",
        "article.title": "title",
        "commenter.name": "author",
        "created_at": "timestamp",
        "meta.votes": "up",
    }
    form = "%a %b %d %H:%M:%S %Z %Y"
    items = parsed("csv", table, mapping=mapping, delimiter="\t", quotes=False, time_format=form)
    one, two = (item for item in items if isinstance(item, CommentRecord))
    assert len(items) == 2
    assert (one.raw, one.commenter_name, one.meta) == ('This is "one thing', "Ann", {"votes": "4"})
    assert (one.article.external_id, one.article.title) == ("/town/ferry", "Ferry")
    assert one.created_at == datetime(2014, 6, 25, 22, tzinfo=UTC)
    assert two.created_at == datetime(2014, 1, 14, 23, tzinfo=UTC)


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
def test_the_delimiter_is_the_one_that_parts_the_header_into_known_columns(
    parsed: Parsed, comments: Comments, mark: str
) -> None:
    assert [each.external_id for each in comments(parsed("csv", (HEADER + row(1)).replace(",", mark)))] == ["1"]


def test_a_table_of_articles_alone_gives_articles(parsed: Parsed) -> None:
    (item,) = parsed("csv", "article_external_id,article_title,article_body\na1,Ferry,It is late.\n")
    assert item == ArticleRecord(external_id="a1", title="Ferry", body="It is late.", line=2)


def test_columns_that_nothing_is_done_with_are_told(parsed: Parsed) -> None:
    (notice, _) = parsed("csv", HEADER.strip() + ",mood\n" + row(1).strip() + ",sour\n")
    assert isinstance(notice, Notice)
    assert "mood" in notice.reason


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("2,a1,Ferry\n", "columns"),
        ("2,a1,Ferry,Ann,x,2021-05-03,more\n", "columns"),
        ("2,a1,Ferry,Ann,x,soon\n", "bad_time"),
        ("2,a1,Ferry,Ann,,2021-05-03\n", "blank"),
        (",a1,Ferry,Ann,x,2021-05-03\n", "required"),
        ('2,a1,Ferry,Ann,"never closed,2021-05-03\n', "quotes"),
        ('2,a1,Ferry,Ann,"closed" too early,2021-05-03\n', "quotes"),
        ("2,a1,Ferry,Ann," + "x" * 300_000 + ",2021-05-03\n", "too_large"),
        ("2,a1,Ferry,Ann," + "x" * 5_000_000 + ",2021-05-03\n", "line_too_long"),
    ],
)
def test_a_bad_row_costs_only_itself(parsed: Parsed, comments: Comments, line: str, code: str) -> None:
    items = parsed("csv", HEADER + row(1) + line + row(3) + row(4))
    assert [(item.line, item.code) for item in items if isinstance(item, Rejected)] == [(3, code)]
    assert [(each.external_id, each.line) for each in comments(items)] == [("1", 2), ("3", 4), ("4", 5)]


def test_bytes_that_are_not_utf_8_reach_the_check_as_marks_and_cost_no_other_row(
    parsed: Parsed, comments: Comments
) -> None:
    items = comments(parsed("csv", (HEADER + row(1)).encode() + b"2,a1,Ferry,Ann,caf\xe9,2021-05-03\n"))
    assert [each.raw for each in items] == ["x", "caf\udce9"]


@pytest.mark.parametrize(
    ("content", "how"),
    [
        ("", {}),
        ("\n", {}),
        ("a,b\n1,2\n", {}),
        ("external_id,text\n1,x\n", {}),
        ("external_id,article_external_id\n1,x\n", {}),
        (HEADER, {"mapping": {"text": "words"}}),
        ("x" * 5_000_000, {}),
        (b"\x7fELF\x00\x00\x01", {}),
        (b"\xff\xfea\x00", {}),
        ('"' + HEADER, {}),
    ],
)
def test_what_is_no_such_table_is_refused_in_one_line(
    parsed: Parsed, content: str | bytes, how: dict[str, dict[str, str]]
) -> None:
    with pytest.raises(FormatError) as error:
        parsed("csv", content, **how)
    assert "\n" not in str(error.value)


def test_a_byte_order_mark_and_windows_line_ends_are_taken(parsed: Parsed, comments: Comments) -> None:
    content = b"\xef\xbb\xbf" + (HEADER + row(1)).replace("\n", "\r\n").encode()
    assert [each.created_at for each in comments(parsed("csv", content))] == [datetime(2021, 5, 3)]


CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(CELLS.filter(str.strip), max_size=8))
def test_what_a_csv_writer_writes_comes_back(parsed: Parsed, comments: Comments, texts: list[str]) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["external_id", "article_external_id", "text"])
    writer.writerows([str(number), "a", text] for number, text in enumerate(texts))
    assert [each.raw for each in comments(parsed("csv", out.getvalue()))] == texts


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_after_the_header_cost_no_row_before_them(
    parsed: Parsed, comments: Comments, content: bytes, quotes: bool
) -> None:
    items = comments(parsed("csv", (HEADER + row(1)).encode() + content, quotes=quotes))
    assert items[0].external_id == "1"


GOOD = (HEADER + "".join(row(number, '"a, b"') for number in range(5))).encode()


@given(st.integers(len(HEADER), len(GOOD) - 1), st.integers(0, 255))
def test_one_changed_byte_costs_no_row_before_it(parsed: Parsed, comments: Comments, at: int, byte: int) -> None:
    kept = {each.line for each in comments(parsed("csv", GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]))}
    assert set(range(2, GOOD[:at].count(b"\n") + 1)) <= kept
    assert len(kept) >= 3


@given(st.lists(st.sampled_from(['"', "a", ",", "\n", '""', '"a\nb"', "\r", "1,a1,Ferry,Ann,x,y\n"]), max_size=40))
def test_rows_are_what_reading_on_from_each_broken_line_gives(pieces: list[str]) -> None:
    """No line is read more than twice, and still the rows are those of a reader that begins anew after each fault."""
    lines = [
        TextLine(number, line.encode()) for number, line in enumerate(io.StringIO("".join(pieces), newline="\n"), 1)
    ]
    found = [(at, row if isinstance(row, list) else None) for at, row in _rows(iter(lines), ",", quotes=True)]
    assert found == list(rows_read_again(lines))


def rows_read_again(lines: list[TextLine]) -> Iterator[tuple[int, list[str] | None]]:
    at = 0
    while at < len(lines):
        taken = 0

        def fed(begin: int = at) -> Iterator[str]:
            nonlocal taken
            for line in lines[begin:]:
                taken += 1
                yield (line.data or b"").decode()

        try:
            row = next(csv.reader(fed(), strict=True))
        except csv.Error:
            yield at + 1, None
            taken = 1
        else:
            if row:
                yield at + 1, row
        at += taken


def test_a_line_is_read_at_most_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    monkeypatch.setattr(table, "_decoded", lambda line: read.append(line.number) or line.data.decode())
    lines = [TextLine(number, b'a","x\n') for number in range(1, 501)]
    assert len(list(_rows(iter(lines), ",", quotes=True))) == 500
    assert len(read) <= 2 * len(lines)
