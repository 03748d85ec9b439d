"""What is known of a text beside its scores."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one text; None if one is not known, and then no condition on it holds.

    Attributes:
        links: Different web addresses in the text.
        length: Characters of the text.
        near_hash: 64-bit simhash in hexadecimal; empty for a text without a word. Near-duplicates differ in few bits.
    """

    links: int | None = None
    length: int | None = None
    near_hash: str | None = None
