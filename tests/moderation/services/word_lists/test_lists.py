"""Word lists: a change is a new version, bad entries are named, files come in and go out."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from moderation.models import WordList, WordListEntry, WordListVersion
from moderation.services.errors import ServiceError
from moderation.services.word_lists.entries import Entry, entries_parse
from moderation.services.word_lists.files import entries_read, entries_write
from moderation.services.word_lists.lists import (
    Author,
    entries_of,
    word_list_change,
    word_list_create,
    word_list_replace,
)
from moderation.services.word_lists.matching import lists_compiled

pytestmark = pytest.mark.django_db
NOBODY = Author()


def entries(*terms: str) -> list[Entry]:
    return [Entry(term) for term in terms]


def terms(found: WordList, version: int | None = None) -> list[str]:
    return [entry.term for entry in entries_of(found, version)]


def test_each_change_is_a_version_and_every_version_stays_readable() -> None:
    first = word_list_create(name="slurs", entries=entries("a", "b"), author=NOBODY)
    second = word_list_replace(name="slurs", entries=entries("b", "c"), author=NOBODY, note="more")
    third = word_list_change(name="slurs", add=entries("d"), remove=entries("b"), author=NOBODY)
    found = WordList.objects.get()
    assert [terms(found, version) for version in (1, 2, 3)] == [["a", "b"], ["b", "c"], ["c", "d"]]
    assert (first.added, second.added, second.removed, third.entries) == (2, 1, 1, 2)
    assert WordListEntry.objects.count() == 4
    assert first.pk < second.pk < third.pk


def test_the_same_entries_again_are_no_new_version() -> None:
    word_list_create(name="slurs", entries=entries("a"), author=NOBODY)
    assert word_list_replace(name="slurs", entries=entries("a"), author=NOBODY).version == 1
    assert word_list_replace(name="slurs", entries=[Entry("a", note="why")], author=NOBODY).version == 2
    assert WordListVersion.objects.count() == 2


def test_names_that_are_taken_or_bad_and_lists_that_are_not_there_are_refused() -> None:
    word_list_create(name="slurs", entries=[], author=NOBODY)
    for code, call in (
        ("conflict", lambda: word_list_create(name="slurs", entries=[], author=NOBODY)),
        ("validation_error", lambda: word_list_create(name="Slurs!", entries=[], author=NOBODY)),
        ("not_found", lambda: word_list_replace(name="other", entries=[], author=NOBODY)),
    ):
        with pytest.raises(ServiceError) as refused:
            call()
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        ({"term": "?!"}, "/entries/1/term"),
        ({"language": "en"}, "/entries/1/term"),
        ({"term": "x" * 201}, "/entries/1/term"),
        ({"term": "a\0b"}, "/entries/1/term"),
        ({"term": 5}, "/entries/1/term"),
        ({"term": "x", "match": "regex"}, "/entries/1/match"),
        ({"term": "x", "match": "stem"}, "/entries/1/language"),
        ({"term": "x", "match": "stem", "language": "xx"}, "/entries/1/language"),
        ({"term": "x", "allow": "yes"}, "/entries/1/allow"),
        ({"term": "x", "weight": 1}, "/entries/1/weight"),
        ({"term": "ok"}, "/entries/1"),
        (7, "/entries/1"),
    ],
)
def test_a_bad_entry_is_named(row: object, pointer: str) -> None:
    with pytest.raises(ServiceError) as refused:
        entries_parse([{"term": "ok"}, row])
    assert [error.pointer for error in refused.value.errors][:1] == [pointer]


def test_too_many_entries_are_refused_before_any_is_read() -> None:
    with pytest.raises(ServiceError) as refused:
        entries_parse(["x"] * 100_001)
    assert refused.value.errors[0].limit == 100_000


def test_texts_are_matched_with_the_lists_as_they_are_now() -> None:
    assert lists_compiled().facts("You blorg!") == {}
    first = word_list_create(name="slurs", entries=entries("blorg"), author=NOBODY)
    assert lists_compiled().facts("You bl0rg! Blorg.") == {"slurs": {"version": 1, "hits": 2}}
    assert lists_compiled().edition == first.pk
    word_list_change(name="slurs", add=[Entry("you blorg", allow=True)], author=NOBODY)
    assert lists_compiled().facts("You bl0rg! Blorg.") == {"slurs": {"version": 2, "hits": 1}}


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_is_written_to_a_file_is_read_from_it_again(form: str) -> None:
    written = [Entry('a, "b"', note="x\ny"), Entry("être", "fr", "stem"), Entry("ok", allow=True)]
    read = entries_read("".join(entries_write(written, form=form)), form=form)
    assert (read.entries, read.rejected) == (written, [])


def test_rows_of_a_file_that_are_no_entry_are_told_with_their_number() -> None:
    text = (
        "term,language,match,allow\ngood,en,stem,\n,,,\n?!,,,\nbad,,stem,yes\ngood,en,stem,\nfine,,,maybe\na,b,c,d,e\n"
    )
    read = entries_read(text, form="csv")
    assert [entry.term for entry in read.entries] == ["good"]
    assert [one.row for one in read.rejected] == [3, 4, 5, 6, 7, 8]


def test_the_command_imports_exports_and_reports_rejected_rows(tmp_path: Path) -> None:
    file, rejects, out = tmp_path / "words.txt", tmp_path / "rejects.csv", StringIO()
    file.write_text("blorg # made up\n\n?!\nzwindel\n", encoding="utf-8")
    call_command("wordlist", "import", "slurs", str(file), "--rejects", str(rejects), stdout=out)
    assert out.getvalue() == "slurs version 1: 2 entries, 2 added, 0 removed.\n"
    assert rejects.read_text().splitlines()[1:] == ["3,?!,A term has a letter or a digit."]
    file.write_text(json.dumps(["krompf"]))
    call_command("wordlist", "import", "slurs", str(file), "--format", "json", "--add", "--language", "en", stdout=out)
    call_command("wordlist", "import", "slurs", str(file), "--format", "json", "--remove", "--dry-run", stdout=out)
    exported = tmp_path / "out.csv"
    call_command("wordlist", "export", "slurs", "--output", str(exported))
    assert exported.read_text().splitlines()[1:] == ["blorg,,word,,", "zwindel,,word,,", "krompf,en,word,,"]
    out = StringIO()
    call_command("wordlist", "export", "slurs", "--format", "lines", "--list-version", "1", stdout=out)
    assert out.getvalue() == "blorg\nzwindel\n"
    with pytest.raises(CommandError, match="versions 1 to 2"):
        call_command("wordlist", "export", "slurs", "--list-version", "3")


def test_a_heading_that_is_no_csv_is_refused_by_its_line() -> None:
    with pytest.raises(ServiceError) as caught:
        entries_read('"term\nblorg\n', form="csv")
    assert caught.value.detail.startswith("Line ")
