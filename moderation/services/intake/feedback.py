"""Scores that callers suggest for a text, stored as received and linked to the archive's comment if the ids allow.

Keys appear in public pages, so a suggestion counts for calibration only if its key is marked as trusted.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from django.db import transaction

from archive.models import Comment
from moderation.models import ApiKey, Feedback
from moderation.services.accounts.api_keys import key_sources
from moderation.services.errors import invalid

MAX_ATTRIBUTES = 100
ID_LENGTH = 255
TOKEN_PREFIX = "comment:"  # noqa: S105 - the prefix of a client token, no secret
# The names under which Coral sends a comment's id in its context entry.
CONTEXT_IDS = ("Coral_comment_id", "comment_id", "commentID")
# PostgreSQL cannot store NUL, and no database can store a lone surrogate.
UNSTORABLE = dict.fromkeys([0, *range(0xD800, 0xE000)], "\ufffd")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A caller's suggestion. `scores` maps the caller's attribute names to values from 0 to 1."""

    text: str
    scores: Mapping[str, float]
    languages: Sequence[str] = ()
    community_id: str = ""
    client_token: str = ""
    session_id: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def feedback_record(*, suggestion: Suggestion, key: ApiKey) -> Feedback:
    """Stores a suggestion, without its words if the comment was erased.

    Raises ServiceError at `/scores` for values outside 0 to 1 and for too many attributes.
    """
    _check(suggestion)
    comment = comment_find(suggestion=suggestion, key=key)
    if comment and comment.erased_at:
        suggestion = replace(suggestion, text="", client_token="", session_id="", context={})
    return Feedback.objects.create(
        comment=comment,
        text=storable(suggestion.text),
        scores=storable(dict(suggestion.scores)),
        languages=storable(list(suggestion.languages)),
        community_id=storable(suggestion.community_id)[:ID_LENGTH],
        client_token=storable(suggestion.client_token)[:ID_LENGTH],
        session_id=storable(suggestion.session_id)[:ID_LENGTH],
        context=storable(dict(suggestion.context)),
        api_key=key.name,
        trusted=key.trusted_feedback,
    )


def _check(suggestion: Suggestion) -> None:
    if len(suggestion.scores) > MAX_ATTRIBUTES:
        raise invalid("/scores", f"At most {MAX_ATTRIBUTES} attributes in one suggestion.", limit=MAX_ATTRIBUTES)
    for attribute, value in suggestion.scores.items():
        if not 0 <= value <= 1:
            raise invalid("/scores", f"The value of attribute {attribute[:100]} must be from 0 to 1.")


def comment_find(*, suggestion: Suggestion, key: ApiKey) -> Comment | None:
    """Returns the archive's comment that a suggestion is about, among those that the key may see; None if unknown.

    The ids come from the client token `comment:ID` and from the JSON that Coral puts into the first context entry. If
    several sources have a comment with that id, the article's address decides; if it does not, the result is None.
    """
    entry = _context_entry(suggestion.context)
    ids = {
        value for value in (_token_id(suggestion.client_token), *(_text(entry, name) for name in CONTEXT_IDS)) if value
    }
    found = Comment.objects.filter(external_id__in=[storable(value) for value in ids])
    if sources := key_sources(key):
        found = found.filter(source__in=sources)
    candidates = list(found.select_related("article")[:50]) if ids else []
    if len(candidates) > 1:
        candidates = [comment for comment in candidates if _same_page(comment.article.url, _text(entry, "url"))]
    return candidates[0] if len(candidates) == 1 else None


def _token_id(token: str) -> str:
    return token.removeprefix(TOKEN_PREFIX)[:ID_LENGTH] if token.startswith(TOKEN_PREFIX) else ""


def _context_entry(context: Mapping[str, Any]) -> dict[str, Any]:
    entries = context.get("entries") or [{}]
    try:
        entry = json.loads(entries[0].get("text", ""))
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) else {}


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return value[:ID_LENGTH] if isinstance(value, str) else ""


def _same_page(one: str, other: str) -> bool:
    return bool(one) and _page(one) == _page(other)


def _page(url: str) -> tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Returns the parts of an address without its fragment and without `commentID`, which Coral adds to it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url, ()
    query = {name: tuple(values) for name, values in parse_qs(parts.query).items() if name != "commentID"}
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", "")), tuple(sorted(query.items()))


def storable(value: Any) -> Any:
    """Returns JSON-like data with every character that a database cannot store replaced by U+FFFD."""
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else value.translate(UNSTORABLE)
    if isinstance(value, Mapping):
        return {storable(name): storable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value
