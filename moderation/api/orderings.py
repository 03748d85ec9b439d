"""The orderings of lists of comments."""

from collections.abc import Mapping
from datetime import datetime

from archive.database.keyset import Key
from moderation.api.filters import ATTRIBUTES

BY_CREATION: Mapping[str, Key] = {"created_at": Key("created_at", load=datetime.fromisoformat)}
# Reviews have a copy of the comment's creation time and share its primary key.
BY_STATUS: Mapping[str, Key] = {
    "created_at": Key("created_at", "comment_id", load=datetime.fromisoformat),
    "risk": Key("risk", "comment_id", load=float),
    **{name: Key(f"score__{name}", "comment_id", nullable=True, load=float) for name in ATTRIBUTES},
}
