"""Writes word lists: a change is a new version, and what each version had can be read for ever."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from archive.database.locks import turn_take
from moderation.models import AuditKind, WordList, WordListEntry, WordListVersion
from moderation.services.errors import conflict, invalid, not_found
from moderation.services.ledger.audit import CHANGED, CREATED, audit_record
from moderation.services.word_lists.entries import MAX_ENTRIES, Entry

MAX_LISTS = 100
MAX_NOTE = 500
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# Lists are written in turn, so that the ids of versions follow commit order.
LISTS_LOCK = int.from_bytes(b"wordlist", "big") >> 1
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes a list: a person or a key, or neither for the command line."""

    user: User | None = None
    api_key: str = ""

    @property
    def name(self) -> str:
        """The name that entries keep."""
        return self.user.get_username() if self.user else self.api_key or "command line"


@transaction.atomic
def word_list_create(*, name: str, entries: Sequence[Entry], author: Author, note: str = "") -> WordListVersion:
    """Creates a list and returns its first version; raises ServiceError `conflict` if there is one of this name."""
    turn_take(LISTS_LOCK)
    if not NAME.fullmatch(name):
        raise invalid("/name", "A name has lower-case letters, digits, - and _, at most 64 of them.")
    if WordList.objects.filter(name=name).exists():
        raise conflict(f"The list {name} already exists; PUT replaces its entries.")
    if WordList.objects.count() >= MAX_LISTS:
        raise invalid("/name", f"There are at most {MAX_LISTS} lists.", code="too_many", limit=MAX_LISTS)
    return _write(WordList.objects.create(name=name), entries, author, note)


@transaction.atomic
def word_list_replace(*, name: str, entries: Sequence[Entry], author: Author, note: str = "") -> WordListVersion:
    """Makes these the entries of a list; returns its new version, or the current one if nothing changes.

    Raises ServiceError: `not_found`; `validation_error` for a bad note.
    """
    return _write(_locked(name), entries, author, note)


@transaction.atomic
def word_list_change(
    *, name: str, add: Sequence[Entry] = (), remove: Sequence[Entry] = (), author: Author, note: str = ""
) -> WordListVersion:
    """Adds entries to a list and removes others; returns its new version, or the current one if nothing changes.

    Raises ServiceError: `not_found`; `validation_error` if the list would have more than 100,000 entries.
    """
    found = _locked(name)
    removed = {entry.key for entry in remove}
    kept = {entry.key: entry for entry in entries_of(found) if entry.key not in removed}
    kept |= {entry.key: entry for entry in add}
    if len(kept) > MAX_ENTRIES:
        raise invalid("/entries", f"A list has at most {MAX_ENTRIES:,} entries.", code="too_many", limit=MAX_ENTRIES)
    return _write(found, list(kept.values()), author, note)


def entries_of(found: WordList, version: int | None = None) -> list[Entry]:
    """Returns the entries of a version of the list, by default the current one, in the order they were added."""
    rows = WordListEntry.objects.filter(list=found).of_version(version or found.version).order_by("pk")
    return [Entry(*row) for row in rows.values_list("term", "language", "match", "allow", "note")]


def word_list_find(name: str) -> WordList:
    """Returns the list of this name; raises ServiceError `not_found`."""
    found = WordList.objects.filter(name=name).first()
    if found is None:
        raise not_found(f"There is no word list {name}.")
    return found


def _locked(name: str) -> WordList:
    turn_take(LISTS_LOCK)
    return word_list_find(name)


def _write(found: WordList, entries: Sequence[Entry], author: Author, note: str) -> WordListVersion:
    if len(note) > MAX_NOTE:
        raise invalid("/note", f"At most {MAX_NOTE} characters.", code="max_length", limit=MAX_NOTE)
    wanted = {entry.key: entry for entry in entries}
    gone, new = _difference(found, wanted)
    if found.version and not gone and not new:
        return found.versions.get(version=found.version)
    found.version += 1
    found.save(update_fields=["version"])
    _write_entries(found, gone, new, author)
    counts = {"version": found.version, "entries": len(wanted), "added": len(new), "removed": len(gone)}
    audit_record(
        kind=AuditKind.WORD_LIST,
        action=CHANGED if found.version > 1 else CREATED,
        subject=found.name,
        actor=author.user,
        api_key=author.api_key,
        before={"version": found.version - 1},
        after=counts,
    )
    return WordListVersion.objects.create(
        list=found,
        version=found.version,
        entries=len(wanted),
        added=len(new),
        removed=len(gone),
        note=note,
        author=author.user,
        api_key=author.api_key,
    )


def _difference(
    found: WordList, wanted: Mapping[tuple[str, str, str, bool], Entry]
) -> tuple[list[WordListEntry], list[Entry]]:
    """Returns what leaves the list and what comes into it; an entry with another note does both."""
    current = {_key(row): row for row in found.entries.filter(removed_in=None)}
    gone = [row for key, row in current.items() if key not in wanted or wanted[key].note != row.note]
    kept = current.keys() - {_key(row) for row in gone}
    return gone, [entry for key, entry in wanted.items() if key not in kept]


def _write_entries(found: WordList, gone: Sequence[WordListEntry], new: Sequence[Entry], author: Author) -> None:
    ids = [row.pk for row in gone]
    for at in range(0, len(ids), BATCH):
        WordListEntry.objects.filter(pk__in=ids[at : at + BATCH]).update(removed_in=found.version)
    rows = [
        WordListEntry(
            list=found,
            term=entry.term,
            language=entry.language,
            match=entry.match,
            allow=entry.allow,
            note=entry.note,
            who=author.name,
            added_in=found.version,
        )
        for entry in new
    ]
    WordListEntry.objects.bulk_create(rows, batch_size=BATCH)


def _key(row: WordListEntry) -> tuple[str, str, str, bool]:
    return row.term, row.language, row.match, row.allow
