"""Checks the entries of a list, as they come by the API, the admin or a file."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moderation.models import WordMatch
from moderation.scoring.terms import STEM_LANGUAGES, words_of
from moderation.scoring.text.language import base_code
from moderation.services.errors import FieldError, ServiceError

MAX_ENTRIES = 100_000
MAX_ERRORS = 100
MAX_TERM, MAX_NOTE, MAX_LANGUAGE = 200, 200, 16
FIELDS = ("term", "language", "match", "allow", "note")
# What a file may write for true and false.
BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list: what `WordListEntry` says of it, without its versions."""

    term: str
    language: str = ""
    match: str = WordMatch.WORD.value
    allow: bool = False
    note: str = ""

    @property
    def key(self) -> tuple[str, str, str, bool]:
        """What makes it one entry: the same words in another list of meanings are another."""
        return self.term, self.language, self.match, self.allow


def entries_parse(rows: Any, *, pointer: str = "/entries") -> list[Entry]:
    """Returns the entries that JSON values describe; raises ServiceError naming each bad one, up to 100."""
    if not isinstance(rows, list):
        raise _refused([FieldError(pointer, "not_a_list", "The entries are a list of objects.")])
    if len(rows) > MAX_ENTRIES:
        detail = f"A list has at most {MAX_ENTRIES:,} entries."
        raise _refused([FieldError(pointer, "too_many", detail, MAX_ENTRIES)])
    entries: list[Entry] = []
    errors: list[FieldError] = []
    for index, row in enumerate(rows):
        try:
            entries.append(entry_parse(row, pointer=f"{pointer}/{index}"))
        except ServiceError as error:
            errors += error.errors
            if len(errors) >= MAX_ERRORS:
                break
    errors = errors or list(_repeated(entries, pointer))
    if errors:
        raise _refused(errors[:MAX_ERRORS])
    return entries


def entry_parse(row: Any, *, pointer: str = "") -> Entry:
    """Returns the entry that a JSON value describes: an object, or a word alone. Raises ServiceError by field."""
    row = {"term": row} if isinstance(row, str) else row
    if not isinstance(row, Mapping):
        raise _refused([FieldError(pointer, "invalid", "An entry is an object with a term, or a term.")])
    errors = [*_unknown(row, pointer), *_wrong_types(row, pointer)]
    if errors:
        raise _refused(errors)
    entry = Entry(
        term=unicodedata.normalize("NFC", str(row.get("term", ""))).strip(),
        language=base_code(row["language"]) if row.get("language") else "",
        match=row.get("match") or WordMatch.WORD.value,
        allow=bool(row.get("allow", False)),
        note=row.get("note") or "",
    )
    if errors := list(_wrong_values(entry, pointer)):
        raise _refused(errors)
    return entry


def _unknown(row: Mapping[str, Any], pointer: str) -> Iterable[FieldError]:
    names = [str(name) for name in row if name not in FIELDS]
    if names:
        detail = f"An entry has {', '.join(FIELDS)}; there is no {names[0][:50]}."
        yield FieldError(f"{pointer}/{names[0][:50]}", "unknown_field", detail)


def _wrong_types(row: Mapping[str, Any], pointer: str) -> Iterable[FieldError]:
    if "term" not in row:
        yield FieldError(f"{pointer}/term", "required", "An entry needs a term.")
    for name in ("term", "language", "match", "note"):
        if not isinstance(row.get(name, ""), str):
            yield FieldError(f"{pointer}/{name}", "invalid", "This is a text.")
    if not isinstance(row.get("allow", False), bool):
        yield FieldError(f"{pointer}/allow", "invalid", "This is true or false.")


def _wrong_values(entry: Entry, pointer: str) -> Iterable[FieldError]:
    lengths = (("term", MAX_TERM), ("language", MAX_LANGUAGE), ("note", MAX_NOTE))
    for name, limit in lengths:
        if len(getattr(entry, name)) > limit:
            yield FieldError(f"{pointer}/{name}", "max_length", f"At most {limit} characters.", limit)
        if not _storable(getattr(entry, name)):
            yield FieldError(f"{pointer}/{name}", "invalid", "A NUL or half a surrogate pair cannot be stored.")
    if not words_of(entry.term):
        yield FieldError(f"{pointer}/term", "no_word", "A term has a letter or a digit.")
    if entry.match not in WordMatch.values:
        yield FieldError(f"{pointer}/match", "invalid_choice", f"One of {', '.join(WordMatch.values)}.")
    if entry.match == WordMatch.STEM and entry.language not in STEM_LANGUAGES:
        detail = f"A stem needs its language, one of {', '.join(STEM_LANGUAGES)}."
        yield FieldError(f"{pointer}/language", "no_stemmer", detail)


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _repeated(entries: Iterable[Entry], pointer: str) -> Iterable[FieldError]:
    seen: dict[tuple[str, str, str, bool], int] = {}
    for index, entry in enumerate(entries):
        if entry.key in seen:
            detail = f"Entry {seen[entry.key]} already has this term."
            yield FieldError(f"{pointer}/{index}", "repeated", detail)
        seen.setdefault(entry.key, index)


def _refused(errors: Iterable[FieldError]) -> ServiceError:
    found = tuple(errors)
    return ServiceError("validation_error", f"{found[0].pointer or '/'}: {found[0].detail}", found)
