"""Commenters: found or created in bulk by (source, external id), or by name if the source has no ids."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from archive.database.bulk import allocate_ids, blank_values, build_row, rows_insert
from archive.database.locks import rows_share
from archive.database.lookups import BulkLookup
from archive.importers.records import CommentRecord
from archive.models import Commenter, Source
from archive.text import text_digest

_MAX_KEY = Commenter._meta.get_field("external_id").max_length or 255


def commenter_key(record: CommentRecord) -> str:
    """Returns the external id of a comment's writer: the source's own, else `name:` and the folded name, else empty."""
    if record.commenter_external_id:
        return record.commenter_external_id
    return name_key(record.commenter_name) if record.commenter_name.strip() else ""


@lru_cache(maxsize=4096)
def name_key(name: str) -> str:
    """Returns the id made from a name: compatibility forms, case and spaces folded; SHA-256 for a very long name."""
    folded = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    key = f"name:{folded}"
    return key if len(key) <= _MAX_KEY else f"name:{text_digest(folded)}"


def commenters_stored(*, source: Source, records: Sequence[CommentRecord]) -> list[int | None]:
    """Returns the id of each record's writer, or None if it names none; creates the new ones.

    A stored name is never replaced, so the order of conflicting rows makes no difference.
    """
    keys = [commenter_key(record) for record in records]
    names: dict[str, str] = {}
    for key, record in zip(keys, records, strict=True):
        if key:
            names[key] = names.get(key) or record.commenter_name
    ids = _ids(source, names)
    ids.update(_made(source, [(key, name) for key, name in names.items() if key not in ids]))
    return [ids.get(key) for key in keys]


def _made(source: Source, missing: list[tuple[str, str]]) -> dict[str, int]:
    """Creates commenters from keys and names, and returns their ids by key."""
    blank = blank_values(Commenter) | {"source_id": source.pk}
    ids = {key: pk for pk, (key, _) in zip(allocate_ids(Commenter, len(missing)), missing, strict=True)}
    rows = ({"id": ids[key], "external_id": key, "name": name} for key, name in missing)
    rows_insert([build_row(Commenter, blank | row) for row in rows])
    return ids


def _ids(source: Source, names: dict[str, str]) -> dict[str, int]:
    """Returns the ids of the stored commenters, and fills in the names of those that have none.

    They cannot be erased until the transaction ends. One that was erased since it was read is none of them.
    """
    rows = Commenter.objects.filter(BulkLookup(Commenter, source, names)).values_list("external_id", "pk", "name")
    read = list(rows)
    kept = rows_share(Commenter, [pk for _, pk, _ in read], erased_at=None)
    stored = [row for row in read if row[1] in kept]
    named = [Commenter(pk=pk, name=names[key]) for key, pk, name in stored if not name and names[key]]
    Commenter.objects.bulk_update(named, ["name"], batch_size=200)
    return {key: pk for key, pk, _ in stored}
