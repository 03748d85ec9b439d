"""What other systems write comes back as it was, in any form; a damaged file costs no record before the damage."""

import io
import json
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.importers import FORMATS
from archive.importers.files import How, ImportFile, items_read
from archive.importers.records import ArticleRecord, CommentRecord, FormatError, Item, Reading, StoppedError

Parsed = Callable[..., list[Item]]
Comments = Callable[[list[Item]], list[CommentRecord]]

# (text, number of an earlier comment of the article, or 0) of each comment of each article.
Thread = list[tuple[str, int]]
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(str.strip)
THREADS = st.lists(st.lists(st.tuples(TEXTS, st.integers(0, 5)), max_size=4), min_size=1, max_size=3)
Told = tuple[str, str, str, str]


def told(threads: list[Thread]) -> list[Told]:
    """Returns id, article, text and parent of each comment."""
    found: list[Told] = []
    for article, thread in enumerate(threads):
        first = len(found) + 1
        for text, answer in thread:
            number = len(found) + 1
            parent = str(first + answer - 1) if 0 < answer < number - first + 1 else ""
            found.append((str(number), f"a{article}", text, parent))
    return found


def disqus(threads: list[Thread], *, cdata: bool = False) -> str:
    """Writes an export of Disqus."""

    def content(text: str) -> str:
        return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>" if cdata else escape(text)

    articles = "".join(
        f'<thread dsq:id="a{n}"><forum>gazette</forum><link>https://gazette.example/{n}</link>'
        f"<title>Article {n}</title></thread>\n"
        for n in range(len(threads))
    )
    posts = "".join(
        f"<post dsq:id={quoteattr(key)}><message>{content(text)}</message><createdAt>2021-05-03T10:00:00Z</createdAt>"
        f'<author><name>Bo</name></author><thread dsq:id="{article}"/>'
        f"{f'<parent dsq:id={quoteattr(parent)}/>' if parent else ''}</post>\n"
        for key, article, text, parent in told(threads)
    )
    root = '<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">'
    return f'<?xml version="1.0" encoding="utf-8"?>\n{root}\n{articles}{posts}</disqus>\n'


def jsonl(threads: list[Thread], *, cdata: bool = False) -> str:
    """Writes JSON lines; `cdata` leaves characters beyond ASCII as they are."""
    rows: list[dict[str, Any]] = [
        {"external_id": key, "article": {"external_id": article}, "text": text, "parent_external_id": parent or None}
        for key, article, text, parent in told(threads)
    ]
    return "".join(json.dumps(row, ensure_ascii=not cdata) + "\n" for row in rows)


WRITERS: dict[str, Callable[..., str]] = {"disqus": disqus, "jsonl": jsonl}


@pytest.mark.parametrize("form", WRITERS)
@given(threads=THREADS, cdata=st.booleans())
def test_what_an_exporter_writes_comes_back(
    parsed: Parsed, comments: Comments, form: str, threads: list[Thread], cdata: bool
) -> None:
    content = WRITERS[form](threads, cdata=cdata)
    expected = told(threads)
    if form == "disqus":
        expected = [(key, article, text.strip(), parent) for key, article, text, parent in expected]
    if form == "jsonl" and not expected:
        return
    assert [
        (each.external_id, each.article.external_id, each.raw, each.parent_external_id)
        for each in comments(parsed(form, content))
    ] == expected


SAMPLE: list[Thread] = [[("one", 0), ("two ü", 1)], [("three", 0), ("four", 1), ("five", 2)]]
SOUND = {form: write(SAMPLE).encode() for form, write in WRITERS.items()}
ENDS = {"disqus": (b"</thread>", b"</post>"), "jsonl": (b"}\n",)}


def read(form: str, content: bytes) -> list[tuple[str, str]]:
    """Returns kind and id of every good record before the file stops."""
    found: list[tuple[str, str]] = []
    try:
        for each in FORMATS[form].parse(Reading(stream=io.BytesIO(content), stem="x")):
            if isinstance(each, ArticleRecord | CommentRecord):
                found.append((type(each).__name__, each.external_id))
    except StoppedError as error:
        assert "\n" not in str(error)  # noqa: PT017
    return found


def whole_before(form: str, at: int) -> int:
    """Returns how many records end before a place in the sample."""
    content = SOUND[form]
    return sum(1 for end in range(at) for mark in ENDS[form] if content.startswith(mark, end) and end + len(mark) <= at)


@pytest.mark.parametrize("form", WRITERS)
@given(data=st.data(), byte=st.one_of(st.none(), st.integers(0, 255)))
def test_one_changed_byte_or_any_cut_costs_no_record_before_it(
    form: str, data: st.DataObject, byte: int | None
) -> None:
    sound = SOUND[form]
    at = data.draw(st.integers(0, len(sound) - 1))
    changed = sound[:at] + (b"" if byte is None else bytes([byte]) + sound[at + 1 :])
    before = whole_before(form, at)
    try:
        found = read(form, changed)
    except FormatError:
        assert before == 0
        return
    assert found[:before] == read(form, sound)[:before]
    if byte is not None and at > sound.find(b"<thread"):
        assert len(set(found) & set(read(form, sound))) >= len(read(form, sound)) - 3


def test_the_sample_is_what_the_damage_tests_take_it_for() -> None:
    assert [len(read(form, SOUND[form])) for form in WRITERS] == [7, 5]
    assert [whole_before(form, len(SOUND[form])) for form in WRITERS] == [7, 5]


@pytest.mark.parametrize("form", WRITERS)
def test_the_format_is_found_by_content(form: str, tmp_path: Any) -> None:
    path = tmp_path / "export.bin"
    path.write_bytes(SOUND[form])
    with items_read(ImportFile(path=path, folder="x"), How()) as items:
        assert len([each for each in items if isinstance(each, CommentRecord)]) == 5
