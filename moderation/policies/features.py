"""What is known of a comment beside its scores, as it was when the comment came."""

from collections.abc import Mapping
from dataclasses import dataclass

# Decided comments of a commenter, newest first, that `CommenterRecord.rejected` looks back on.
LAST_DECIDED = 20


@dataclass(frozen=True, slots=True)
class CommenterRecord:
    """A commenter's record, as it was when a comment of theirs came.

    Attributes:
        approved: Comments that a person approved.
        decided: How many of the last N comments that a person decided there are; at most N, which is `LAST_DECIDED`.
        rejected: How many of those were rejected.
        muted_before: Whether a mute of theirs had begun.
        exempt: Whether the newsroom exempts them from its rules.
        staff: Whether they write for the newsroom.
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
        capitals: Share of the cased letters that are capital, from 0 to 1; 0 for a text without cased letters.
        repeats: Earlier comments of the same source with the same `near_hash`, counted to a limit.
        lists: Name of a word list → places in the text that it hits; a list that was not matched yet is missing.
        list_versions: Name of a word list → the version of it that the text was matched with.
        language: Code of the language in which the text was scored.
        article_age_hours: Hours from the article's publication to the comment.
        flags: Readers' reports, each reporter weighted by how often people agreed with them.
        commenter: The commenter's record.
    """

    links: int | None = None
    length: int | None = None
    near_hash: str | None = None
    capitals: float | None = None
    repeats: int | None = None
    lists: Mapping[str, int] | None = None
    list_versions: Mapping[str, int] | None = None
    language: str | None = None
    article_age_hours: float | None = None
    flags: float | None = None
    commenter: CommenterRecord | None = None
