"""What a person or a caller had before them: (id, revision, state version), made, written and read in one place."""

from archive.models import Comment
from moderation.services.states.current import current_review

VersionToken = tuple[int, int, int]
MAX_DIGITS = 18
PARTS = 3


def version_token_parse(text: str) -> VersionToken | None:
    """Returns what a page wrote as `ID.REVISION.STATE_VERSION`; None where the text is none of that."""
    parts = text.split(".")
    if len(parts) != PARTS or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    if any(len(part) > MAX_DIGITS for part in parts):
        return None
    return int(parts[0]), int(parts[1]), int(parts[2])


def version_token(comment: Comment) -> VersionToken:
    """Returns what a decision can be made conditional on: (id, revision, state version; 0 while it is unscored)."""
    review = current_review(comment)
    return comment.pk, comment.revision, review.state_version if review else 0


def version_token_text(comment: Comment) -> str:
    """Returns that as a page or an ETag carries it: `ID.REVISION.STATE_VERSION`."""
    return ".".join(map(str, version_token(comment)))
