"""What other systems write comes back as it was, in any form; a damaged file costs no record before the damage."""

import io
import json
from collections.abc import Callable
from functools import cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.importers import FORMATS
from archive.importers.files import ImportFile, ImportOptions, items_read
from archive.importers.records import ArticleRecord, CommentRecord, FormatError, ImportSource, Item, StoppedError
from archive.models import Comment
from archive.services import imports

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


def wxr(threads: list[Thread], *, cdata: bool = False) -> str:
    """Writes an export of WordPress."""

    def content(text: str) -> str:
        return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>" if cdata else escape(text)

    def comment(key: str, text: str, parent: str) -> str:
        return (
            f"<wp:comment><wp:comment_id>{key}</wp:comment_id><wp:comment_content>{content(text)}</wp:comment_content>"
            "<wp:comment_date_gmt>2021-05-03 10:00:00</wp:comment_date_gmt><wp:comment_approved>1</wp:comment_approved>"
            f"<wp:comment_parent>{parent or 0}</wp:comment_parent></wp:comment>\n"
        )

    rows = told(threads)
    items = "".join(
        f"<item><title>Article {n}</title><link>https://gazette.example/{n}</link>\n"
        f"<wp:post_id>a{n}</wp:post_id><wp:status>publish</wp:status>\n"
        f"{''.join(comment(key, text, parent) for key, article, text, parent in rows if article == f'a{n}')}</item>\n"
        for n in range(len(threads))
    )
    root = '<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}<channel>\n{items}</channel></rss>\n'


def jsonl(threads: list[Thread], *, cdata: bool = False) -> str:
    """Writes JSON lines; `cdata` leaves characters beyond ASCII as they are."""
    rows: list[dict[str, Any]] = [
        {"external_id": key, "article": {"external_id": article}, "text": text, "parent_external_id": parent or None}
        for key, article, text, parent in told(threads)
    ]
    return "".join(json.dumps(row, ensure_ascii=not cdata) + "\n" for row in rows)


WRITERS: dict[str, Callable[..., str]] = {"wxr": wxr, "disqus": disqus, "jsonl": jsonl}


def expected(form: str, threads: list[Thread]) -> list[Told]:
    """Returns what must come back: XML's white space around a text is layout."""
    return [(key, article, text.strip() if form != "jsonl" else text, up) for key, article, text, up in told(threads)]


@pytest.mark.parametrize("form", WRITERS)
@given(threads=THREADS, cdata=st.booleans())
def test_what_an_exporter_writes_comes_back(
    parsed: Parsed, comments: Comments, form: str, threads: list[Thread], cdata: bool
) -> None:
    if content := WRITERS[form](threads, cdata=cdata):
        assert [
            (each.external_id, each.article.external_id, each.raw, each.parent_external_id)
            for each in comments(parsed(form, content))
        ] == expected(form, threads)


@pytest.mark.django_db
@pytest.mark.parametrize("form", WRITERS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(threads=THREADS, cdata=st.booleans(), chunk=st.integers(1, 5), turned=st.booleans())
def test_what_an_exporter_writes_is_stored_as_the_same_threads(
    monkeypatch: pytest.MonkeyPatch, form: str, threads: list[Thread], cdata: bool, chunk: int, turned: bool
) -> None:
    """Whatever the order in which the records come, and wherever one transaction ends and the next begins."""
    Comment.objects.all().delete()
    monkeypatch.setattr(imports, "CHUNK_RECORDS", chunk)
    content = WRITERS[form](threads, cdata=cdata)
    items = list(FORMATS[form].parse(ImportSource(stream=io.BytesIO(content.encode()), stem="x"))) if content else []
    run = imports.ArchiveImport(tell=lambda remark: pytest.fail(remark.reason))
    run.store(items=reversed(items) if turned else items, source_name="gazette")
    assert run.finish().waiting == {}
    rows = Comment.objects.values_list("external_id", "article__external_id", "raw", "parent__external_id")
    assert sorted((*row[:3], row[3] or "") for row in rows) == sorted(expected(form, threads))


def test_the_threads_that_are_tried_have_answers() -> None:
    """Or the properties above would hold of anything."""
    kinds: set[tuple[bool, bool]] = set()

    @settings(database=None)
    @given(THREADS)
    def look(threads: list[Thread]) -> None:
        rows = told(threads)
        kinds.add((any(up for *_, up in rows), len({article for _, article, *_ in rows}) > 1))

    look()
    assert (True, True) in kinds


SAMPLE: list[Thread] = [[("one", 0), ("two ü", 1)], [("three", 0), ("four", 1), ("five", 2)]]
SOUND = {form: write(SAMPLE).encode() for form, write in WRITERS.items()}
# An item of WordPress is whole where its first comment begins.
ENDS = {
    "wxr": (b"</wp:status>\n<wp:comment>", b"</wp:comment>"),
    "disqus": (b"</thread>", b"</post>"),
    "jsonl": (b"}\n",),
}


# Without its id an item of WordPress is none: the article goes with its three comments.
LOST_AT_MOST = {"wxr": 4, "disqus": 3, "jsonl": 3}
FIRST = {"wxr": b"<item", "disqus": b"<thread", "jsonl": b"{"}


def read(form: str, content: bytes) -> list[tuple[str, str]]:
    """Returns kind and id of every good record before the file stops."""
    found: list[tuple[str, str]] = []
    try:
        for each in FORMATS[form].parse(ImportSource(stream=io.BytesIO(content), stem="x")):
            if isinstance(each, ArticleRecord | CommentRecord):
                found.append((type(each).__name__, each.external_id))
    except StoppedError as error:
        assert "\n" not in str(error)  # noqa: PT017
    return found


def whole_before(form: str, at: int) -> int:
    """Returns how many records end before a place in the sample."""
    content = SOUND[form]
    return sum(1 for end in range(at) for mark in ENDS[form] if content.startswith(mark, end) and end + len(mark) <= at)


@cache
def read_sound(form: str) -> list[tuple[str, str]]:
    """Returns the same of the sample as it is, read once: it is what each damaged one is held against."""
    return read(form, SOUND[form])


def kept_before(form: str, content: bytes, at: int) -> list[tuple[str, str]]:
    """Reads a file that is damaged from a place on, and sees that it has every record before that."""
    before = whole_before(form, at)
    try:
        found = read(form, content)
    except FormatError:
        assert before == 0
        return []
    assert found[:before] == read_sound(form)[:before]
    return found


@pytest.mark.parametrize("form", WRITERS)
def test_no_cut_costs_a_record_before_it(form: str) -> None:
    for at in range(len(SOUND[form])):
        kept_before(form, SOUND[form][:at], at)


@pytest.mark.parametrize("form", WRITERS)
@settings(max_examples=300)
@given(data=st.data(), byte=st.one_of(st.sampled_from(b"<>&]'\"\n/!\x00\xff{}"), st.integers(0, 255)))
def test_one_changed_byte_costs_no_record_before_it_and_few_after(form: str, data: st.DataObject, byte: int) -> None:
    sound = SOUND[form]
    at = data.draw(st.integers(0, len(sound) - 1))
    found = kept_before(form, sound[:at] + bytes([byte]) + sound[at + 1 :], at)
    if at > sound.find(FIRST[form]):
        whole = read_sound(form)
        assert len(set(found) & set(whole)) >= len(whole) - LOST_AT_MOST[form]


def test_the_sample_is_what_the_damage_tests_take_it_for() -> None:
    assert [len(read(form, SOUND[form])) for form in WRITERS] == [7, 7, 5]
    assert [whole_before(form, len(SOUND[form])) for form in WRITERS] == [7, 7, 5]


@pytest.mark.parametrize("form", WRITERS)
def test_the_format_is_found_by_content(form: str, tmp_path: Any) -> None:
    path = tmp_path / "export.bin"
    path.write_bytes(SOUND[form])
    with items_read(ImportFile(path=path, folder="x"), ImportOptions()) as items:
        assert len([each for each in items if isinstance(each, CommentRecord)]) == 5
