"""A comment's version token in HTTP: the ETag of a comment, and the If-Match of a decision."""

from archive.models import Comment
from moderation.services.errors import precondition_failed
from moderation.services.states.version import VersionToken


def comment_etag(comment: Comment) -> str:
    """Returns the comment's ETag, for the If-Match of a decision."""
    return f'"{VersionToken.of(comment)}"'


def if_match_parse(header: str | None) -> VersionToken | None:
    """Returns the version in an If-Match header, None for no header and for `*`.

    Raises ServiceError for a tag that is not one of ours: it matches nothing, so the condition fails.
    """
    if header is None or header.strip() == "*":
        return None
    tag = header.strip()
    token = VersionToken.parse(tag[1:-1]) if tag[:1] == tag[-1:] == '"' else None
    if token is None:
        raise precondition_failed("If-Match must be one ETag of the comment.")
    return token
