"""Placeholders that systems write for missing ids, parents and names. Pure predicates."""

import re
import unicodedata
from functools import lru_cache

# Written for "no id" and "no parent".
_NO_ID = frozenset(
    {
        "", "\\n", "null", "(null)", "<null>", "[null]", "none", "(none)", "<none>", "nil", "undefined", "nan", "n/a",
        "#n/a", "<na>", "false",
    }
)  # fmt: skip
# 0 and -1, also as the decimals that spreadsheets and data frames make of them; UUIDs and object ids of zeros.
_NO_NUMBER = re.compile(r"-?0+(?:\.0+)?|-1(?:\.0+)?|0{8}(?:-0{4}){3}-0{12}")
# Written for a reader who gave no name, or whose account was deleted.
_NOBODY = frozenset(
    {
        "guest", "guests", "guest user", "anonymous", "anonymous user", "anonymous coward", "anon", "unknown",
        "unknown user", "visitor", "deleted", "deleted user", "removed", "no name", "noname", "unregistered",
        "a guest", "not logged in", "anonymous guest", "former user", "unnamed",
        "anonim", "misafir", "ziyaretçi", "gast", "anonym", "anonyme", "invité", "anónimo", "anonimo", "invitado",
        "anoniem", "ospite", "utente anonimo", "аноним", "гость", "匿名", "名無し",
    }
)  # fmt: skip


def is_no_id(value: str) -> bool:
    """Says whether an id stands for none: `0`, `-1`, `null`, `\\N` and the like."""
    key = folded(value)
    return key in _NO_ID or bool(_NO_NUMBER.fullmatch(key))


def is_no_parent(value: str) -> bool:
    """Says whether a parent's id stands for no parent: a placeholder id, or `root`."""
    return folded(value) == "root" or is_no_id(value)


@lru_cache(maxsize=8192)
def names_nobody(value: str) -> bool:
    """Says whether a name or an id is a placeholder for an unknown reader."""
    bare = folded(value).strip("[]()<>*_-. ")
    return (
        bare in _NOBODY or is_no_id(value) or not bare or all(unicodedata.category(mark)[0] in "PZC" for mark in bare)
    )


def folded(value: str) -> str:
    """Returns a name or an id with case, spacing and width folded."""
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())
