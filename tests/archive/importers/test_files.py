"""Files: found, unpacked, and told apart by what is in them."""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from archive.importers import format_detect
from archive.importers.files import ImportFile, ImportOptions, files_found, head_check, items_read
from archive.importers.records import ArticleRecord, CommentRecord, FormatError, ImportSource, Notice, StoppedError

ROWS = b"".join(b'{"external_id": "%d", "article": {"external_id": "a"}, "text": "x"}\n' % n for n in range(9000))
PAGE = b"A title for this page\n\nA body, with a comma, and another, and more.\n"


def drain(items: Iterator[object], kept: list[object]) -> None:
    for item in items:
        kept.append(item)


def detect(head: bytes, **how: object) -> str:
    return format_detect(head, ImportSource(stream=None, stem="x", **how))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (ROWS[:500], "jsonl"),
        (b"\xef\xbb\xbf\n" + ROWS[:500], "jsonl"),
        (b'{"text": "' + b"x" * 70_000, "jsonl"),
        (b"external_id,text,article_url\n1,x,https://a.example\n", "csv"),
        (b"external_id;text;article_url\n", "csv"),
        (PAGE, "page"),
        ("Bir başlık\n\nBir gövde.\n".encode("utf-16"), "page"),
    ],
)
def test_content_picks_the_format(head: bytes, name: str) -> None:
    assert detect(head) == name


def test_a_mapped_table_is_known_by_the_columns_that_the_map_names() -> None:
    assert detect(b"id\tbody\tlink\n", mapping={"external_id": "id", "text": "body", "article.url": "link"}) == "csv"


@pytest.mark.parametrize(
    "head",
    [b"", b"\n \n", b"\x7fELF\x02\x00", b"<html><p>x", b"<?xml version='1.0'?>", b'[{"id": 1}]', b"a\tb\tc\n" * 6],
)
def test_what_no_format_fits_is_refused_in_one_line(head: bytes) -> None:
    with pytest.raises(FormatError) as error:
        detect(head)
    assert "\n" not in str(error.value)


def test_a_table_without_the_needed_columns_is_told_what_to_map() -> None:
    with pytest.raises(FormatError, match="--map"):
        detect(b"id,words,link\n" + b"1,2,3\n" * 9)


def test_a_folder_gives_its_files_by_name_and_names_the_source(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", ".hidden", "sub/c.txt", ".git/d.txt"):
        path = tmp_path / "gazette" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PAGE)
    found = list(files_found([tmp_path / "gazette", tmp_path / "gazette/sub/c.txt"]))
    assert [(str(file.path.relative_to(tmp_path / "gazette")), file.folder) for file in found] == [
        ("a.txt", "gazette"),
        ("b.txt", "gazette"),
        ("sub/c.txt", "gazette"),
        ("sub/c.txt", "sub"),
    ]


def test_packed_files_are_unpacked_by_their_content_and_keep_their_stem(tmp_path: Path) -> None:
    path = tmp_path / "page-09.txt.gz"
    path.write_bytes(gzip.compress(PAGE))
    with items_read(ImportFile(path=path, folder="x"), ImportOptions()) as items:
        (article,) = (item for item in items if isinstance(item, ArticleRecord))
    assert article.external_id == "page-09"


def test_a_packed_file_that_is_cut_off_gives_what_can_be_read_and_says_why_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "comments.jsonl"
    packed = gzip.compress(ROWS, compresslevel=1)
    path.write_bytes(packed[: len(packed) // 2])
    file = ImportFile(path=path, folder="x")
    head_check(file, ImportOptions())
    kept: list[object] = []
    with items_read(file, ImportOptions()) as items, pytest.raises(StoppedError, match="cut off"):
        drain(items, kept)
    assert len(kept) > 1000
    assert all(isinstance(item, CommentRecord) for item in kept)


def test_a_packed_file_whose_bytes_are_broken_stops_there(tmp_path: Path) -> None:
    path = tmp_path / "comments.jsonl"
    packed = bytearray(gzip.compress(ROWS, compresslevel=1))
    packed[len(packed) // 2 :] = b"\xff" * (len(packed) // 2)
    path.write_bytes(bytes(packed))
    with items_read(ImportFile(path=path, folder="x"), ImportOptions()) as items, pytest.raises(StoppedError):
        list(items)


def test_progress_is_told_in_bytes_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "comments.jsonl"
    path.write_bytes(ROWS)
    told: list[int] = []
    with items_read(ImportFile(path=path, folder="x"), ImportOptions(), told.append) as items:
        assert len(list(items)) == 9000
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] == len(ROWS)


def test_a_zip_archive_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("export.jsonl", ROWS)
    with pytest.raises(FormatError, match="zip archive: unpack it first"):
        head_check(ImportFile(path=path, folder="x"), ImportOptions())


@pytest.mark.parametrize(("wrong", "said"), [("cut", "has no end"), ("changed", "is broken")])
def test_a_packed_export_that_breaks_early_keeps_the_records_before_that(tmp_path: Path, wrong: str, said: str) -> None:
    """Its first 64 KB are read at once: they are kept where they are all that there is."""
    post = '<post dsq:id="%d"><message>%s</message><thread dsq:id="2"/></post>'
    posts = "".join(post % (n, os.urandom(40).hex()) for n in range(300))
    packed = bytearray(gzip.compress(f'<disqus xmlns:dsq="http://disqus.com/x">{posts}</disqus>'.encode()))
    path = tmp_path / "export.xml.gz"
    if wrong == "changed":
        packed[-8] ^= 1
    path.write_bytes(packed[: len(packed) * 3 // 4] if wrong == "cut" else packed)
    kept: list[object] = []
    with (
        pytest.raises(StoppedError, match=said),
        items_read(ImportFile(path=path, folder="x"), ImportOptions()) as items,
    ):
        drain(items, kept)
    assert len([each for each in kept if isinstance(each, CommentRecord)]) >= (300 if wrong == "changed" else 150)


TABLE = "external_id;article_url;text\n1;https://g.example/a;Late.\n2;https://g.example/a;Again.\n"


@pytest.mark.parametrize(
    "head",
    [
        TABLE.replace("text", "words"),
        "Comments of May\n\n" + TABLE,
        "Comments of May\n" + TABLE.replace(";", ","),
        "sep=;\nname;words\n1;2\n",
        "name,words,link\nAnn,Late,https://g.example\n",
        "name,comment\nAnn,Late again\nBen,Not for me\n",
        "id|author|body\n1|Ann|Late again\n2|Ben|Not for me\n",
        "name\twords\tlink\nAnn\tLate\thttps://g.example\n",
    ],
)
def test_what_looks_like_a_table_is_no_page(head: str) -> None:
    with pytest.raises(FormatError, match="table") as error:
        detect(head.encode())
    assert "\n" not in str(error.value)


def test_the_line_that_is_a_header_below_a_title_is_named() -> None:
    with pytest.raises(FormatError, match="line 2 is a header"):
        detect(("Comments of May\n" + TABLE).encode())


@pytest.mark.parametrize(
    "head",
    [
        "News | Sport | Town\nHome | About | Help\n\nThe ferry is late\n\nIt was late, again, and again.\n",
        "Ferries; piers; ships\n\nThe council met; it talked; it left.\nNobody spoke.\n",
        "Some words\n<item>a;b;c</item>\n<item>d;e;f</item>\n<item>g;h;i</item>\n",
        "Ferry, late\n\nIt came, at last\nNobody spoke.\n",
        "News|Sport\nHome|About|Help\n\nThe ferry is late\n",
        "He wrote that\n\n> INSERT INTO the record\n\nand left.\n",
        "Ships, piers, ferries\nThe council met on Monday, and talked, and left.\nNobody spoke.\n",
    ],
)
def test_a_page_with_marks_in_it_is_a_page(head: str) -> None:
    assert detect(head.encode()) == "page"


@pytest.mark.parametrize("first", ["sep=;\n", '"sep=;"\r\n', "\ufeffSEP=;\n"])
def test_a_first_line_that_names_the_delimiter_is_none_of_the_table(first: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(first + TABLE)
    with items_read(ImportFile(path=path, folder="x"), ImportOptions()) as items:
        assert [(each.external_id, each.line) for each in items if isinstance(each, CommentRecord)] == [
            ("1", 3),
            ("2", 4),
        ]


@pytest.mark.parametrize(
    "text", ["# Export\n\nMade with `mongoexport`.\n", "# Export\n\n- comments\n- stories\n", "# One\n"]
)
def test_markdown_is_no_page(text: str) -> None:
    with pytest.raises(FormatError, match="Markdown"):
        detect(text.encode())


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("SQL", "-- dump\nDROP TABLE IF EXISTS `wp_comments`;\nCREATE TABLE `wp_comments` (\n"),
        ("SQL", "INSERT INTO `wp_comments` VALUES (1,7,'Ann','Late');\n"),
        ("SQL", "--\nCOPY public.comments (id, body) FROM stdin;\n1\tLate\n"),
        ("PDF", "%PDF-1.7\n"),
        ("RTF", "{\\rtf1\\ansi\nLate again.\n}\n"),
    ],
)
def test_files_of_other_programs_are_no_pages(name: str, head: str) -> None:
    with pytest.raises(FormatError, match=f"looks like {name}"):
        detect(head.encode())


def test_files_that_describe_a_folder_are_marked_and_those_that_are_named_are_not(tmp_path: Path) -> None:
    for name in ("README.md", "LICENSE", "page.txt", "readme", "notes.rst"):
        (tmp_path / name).write_text("x")
    found = {file.path.name: file.describes for file in files_found([tmp_path])}
    assert found == {"README.md": True, "LICENSE": True, "page.txt": False, "readme": True, "notes.rst": True}
    (named,) = files_found([tmp_path / "README.md"])
    assert not named.describes


WORDS = "Öl, naïve — café “quoted”"
FORMS = {
    "csv": f"external_id;article_url;text\n1;https://g.example/a;{WORDS}\n",
    "jsonl": f'{{"external_id": "1", "article": {{"external_id": "a"}}, "text": "{WORDS}"}}\n',
    "page": f"The ferry is late\n\nA body of words.\n\n1. Ann says\n\n{WORDS}\n",
    "wxr": '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><item><wp:post_id>1</wp:post_id><wp:comment>'
    f"<wp:comment_id>1</wp:comment_id><wp:comment_content>{WORDS}</wp:comment_content></wp:comment></item></channel></rss>",
    "disqus": '<disqus xmlns:dsq="http://disqus.com/disqus-internals"><thread dsq:id="1"></thread><post dsq:id="1">'
    f'<message>{WORDS}</message><thread dsq:id="1"/></post></disqus>',
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("encoding", "said", "code"),
    [
        ("utf-8", None, ""),
        ("utf-8-sig", None, ""),
        ("utf-16", None, ""),
        ("cp1252", None, "encoding_assumed"),
        ("cp1252", "cp1252", "encoding_read"),
        ("cp1254", "cp1254", "encoding_read"),
        ("utf-16-le", "utf-16-le", "encoding_read"),
    ],
)
def test_one_rule_for_encodings_holds_in_every_format(
    form: str, encoding: str, said: str | None, code: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.file"
    path.write_bytes(FORMS[form].encode(encoding))
    with items_read(ImportFile(path=path, folder="x"), ImportOptions(encoding=said)) as items:
        kept = list(items)
    assert [each.text or each.raw for each in kept if isinstance(each, CommentRecord)] == [WORDS]
    told = [each.code for each in kept if isinstance(each, Notice) and each.code.startswith("encoding")]
    assert told == ([code] if code else [] if encoding != "utf-16" or form in {"wxr", "disqus"} else ["encoding_read"])


def test_a_byte_that_the_encoding_lacks_is_marked_and_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(FORMS["csv"].encode("cp1252").replace(b"Late", b"x") + b"2;https://g.example/a;\x81\n")
    with items_read(ImportFile(path=path, folder="x"), ImportOptions(encoding="cp1252")) as items:
        kept = list(items)
    notice = kept[-1]
    assert isinstance(notice, Notice)
    assert "1 characters that are none in it" in notice.reason
