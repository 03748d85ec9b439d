"""The orderings of lists of comments."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Case, F, QuerySet, When

from archive.database.keyset import Key
from moderation.api.requests.filters import ATTRIBUTES

BY_CREATION: Mapping[str, Key] = {"created_at": Key("created_at", load=datetime.fromisoformat)}
# The present verdict's values, of comments that may have none: `with_present_values` adds them.
BY_PRESENT_STATUS: Mapping[str, Key] = {
    **BY_CREATION,
    **{name: Key(f"present_{name}", nullable=True, load=float) for name in ("risk", *ATTRIBUTES)},
}
# Reviews have a copy of the comment's creation time and share its primary key.
BY_STATUS: Mapping[str, Key] = {
    "created_at": Key("created_at", "comment_id", load=datetime.fromisoformat),
    "risk": Key("risk", "comment_id", load=float),
    **{name: Key(f"score__{name}", "comment_id", nullable=True, load=float) for name in ATTRIBUTES},
}


def with_present_value(comments: QuerySet[Any], ordering: str) -> QuerySet[Any]:
    """Returns the comments with the value that `ordering` is by; those whose text is not judged yet have none."""
    name = ordering.removeprefix("-")
    if name not in BY_PRESENT_STATUS or name in BY_CREATION:
        return comments
    path = "review__risk" if name == "risk" else f"review__score__{name}"
    current = When(taken_revision__gte=F("revision"), then=F(path))
    found: QuerySet[Any] = comments.annotate(**{f"present_{name}": Case(current, default=None)})
    return found
