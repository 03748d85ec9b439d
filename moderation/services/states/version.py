"""A comment's version token, `ID.REVISION.STATE_VERSION`: created, formatted and parsed only here.

Pages and ETags carry it. An action can be made conditional on it: it is refused if the comment has changed since.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple, Self

from archive.models import Comment
from moderation.services.states.current import current_review

TOKEN = re.compile(r"(\d{1,18})\.(\d{1,18})\.(\d{1,18})", re.ASCII)


class VersionToken(NamedTuple):
    """One version of one comment: `revision` of its text, `state_version` of its review (0 while unscored)."""

    comment_id: int
    revision: int
    state_version: int

    @classmethod
    def of(cls, comment: Comment) -> Self:
        """Returns the comment's current token; reads its review."""
        review = current_review(comment)
        return cls(comment.pk, comment.revision, review.state_version if review else 0)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Returns the token that `text` represents; None if it is not one."""
        found = TOKEN.fullmatch(text)
        return cls(*map(int, found.groups())) if found else None

    def __str__(self) -> str:
        return f"{self.comment_id}.{self.revision}.{self.state_version}"


def version_tokens_parse(texts: Iterable[str]) -> dict[int, VersionToken]:
    """Returns comment id → token for the texts that are tokens, in order; the last one per comment wins."""
    return {token.comment_id: token for token in map(VersionToken.parse, texts) if token}
