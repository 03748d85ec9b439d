"""`--preset wordpress-csv`: WordPress' table `wp_comments` as csv, under its own column names.

Commenters and times are read as from WordPress' own export, so that both imports give the same records.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from archive.importers.placeholders import is_no_id
from archive.text import plain_text

# Columns without a FIELD: the local time, and the kind of comment.
LOCAL, KIND = "meta.comment_date", "meta.comment_type"
TABLE_PRESETS = ("wordpress-csv",)
WORDPRESS_COLUMNS = {
    "external_id": "comment_ID",
    "article.external_id": "comment_post_ID",
    "parent_external_id": "comment_parent",
    "commenter.external_id": "user_id",
    "commenter.name": "comment_author",
    "commenter.email": "comment_author_email",
    "commenter.ip": "comment_author_IP",
    "created_at": "comment_date_gmt",
    "text": "comment_content",
    "origin_state": "comment_approved",
    LOCAL: "comment_date",
    KIND: "comment_type",
}
_STATES = {"1": "published", "approve": "published", "approved": "published", "spam": "spam", "trash": "deleted",
           "post-trashed": "deleted"}  # fmt: skip
_NO_COMMENTS = frozenset({"pingback", "trackback", "webmention"})
_NO_TIME = ("0000", "NULL", "\\N")
_MAX_KEY = 255


def columns_there(names: Sequence[str]) -> dict[str, str]:
    """Returns FIELD → column for WordPress' columns in a header."""
    there = {name.strip() for name in names}
    return {field: column for field, column in WORDPRESS_COLUMNS.items() if column in there}


def wordpress_row(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns a row with our values, or None if it is not a comment but a pingback or a shop's note."""
    row = dict(values)
    kind, local = row.pop(KIND, ""), row.pop(LOCAL, "")
    if kind in _NO_COMMENTS or kind.endswith(("_note", "_notes")):
        return None
    if "origin_state" in row:
        row["origin_state"] = _STATES.get(row["origin_state"], "unapproved")
    row["created_at"] = _time(row.get("created_at", ""), local)
    # WordPress stores names escaped: `Tom &amp; Jerry`.
    name = row["commenter.name"] = " ".join(plain_text(row.get("commenter.name", ""), "html").split())
    user = row.get("commenter.external_id", "")
    row["commenter.external_id"] = "" if is_no_id(user) else f"user:{user}:{name}"[:_MAX_KEY]
    return row


def _time(gmt: str, local: str) -> str:
    """Returns the time in UTC, or the local time if that is missing."""
    if gmt.startswith(_NO_TIME) or not gmt.strip():
        return "" if local.startswith(_NO_TIME) else local
    return f"{gmt.strip()}+00:00"
