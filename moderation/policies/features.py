"""What is known of a comment beside its scores, as it was when the comment came."""

from collections.abc import Mapping
from dataclasses import dataclass

# Decided comments of a commenter, newest first, that `CommenterRecord.rejected` looks back on.
LAST_DECIDED = 20


@dataclass(frozen=True, slots=True)
class CommenterRecord:
    """A commenter's record before the comment came.

    Attributes:
        approved: Comments of theirs that were approved.
        decided: Comments of theirs that were decided.
        rejected: Those rejected among the last 20 decided.
        muted_before: Whether they were ever muted.
        exempt: Whether the newsroom exempts them from automatic actions.
        staff: Whether they are of the newsroom.
    """

    approved: int = 0
    decided: int = 0
    rejected: int = 0
    muted_before: bool = False
    exempt: bool = False
    staff: bool = False


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one comment; None if one is not known, and then neither a condition on it nor its `not` is met.

    Attributes:
        links: Different web addresses in the text.
        length: Characters of the text.
        near_hash: 64-bit simhash in hexadecimal; empty for a text without a word. Near-duplicates differ in few bits.
        capitals: Share of the cased letters that are capital, 0 to 1.
        repeats: Earlier comments of this source with a near-equal text.
        lists: Name of a word list → hits; None if the text was not matched yet.
        language: Code of the text's language.
        article_age_hours: Hours between the article and the comment.
        flags: Reader flags, each weighted by how often its reporter was agreed with.
        commenter: The commenter's record; None for a comment without one.
    """

    links: int | None = None
    length: int | None = None
    near_hash: str | None = None
    capitals: float | None = None
    repeats: int | None = None
    lists: Mapping[str, int] | None = None
    language: str | None = None
    article_age_hours: float | None = None
    flags: float | None = None
    commenter: CommenterRecord | None = None
