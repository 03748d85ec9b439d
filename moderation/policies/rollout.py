"""Which comments are in a candidate's share, and when a young version is braked."""

import hashlib
from datetime import timedelta

HASHED = 2**64
YOUNG = timedelta(hours=24)
# What a young version may do without a person: so many comments, or that share of what came, whichever is more.
BRAKE_COMMENTS = 2
BRAKE_SHARE = 0.05


def in_share(*, version: int, comment: int, percent: int) -> bool:
    """Returns whether the comment is in the first `percent` (0 to 100) of the comments for this version.

    Decided by a hash of the two numbers, so that a comment that is in stays in as the share grows, whatever the
    process, the database or the text.
    """
    drawn = hashlib.sha256(f"{version}\n{comment}".encode()).digest()[:8]
    return int.from_bytes(drawn, "big") * 100 < percent * HASHED


def brake_due(*, judged: int, automatic: int) -> bool:
    """Returns whether a young version that acted without a person on `automatic` of `judged` comments is braked."""
    return automatic > BRAKE_COMMENTS and automatic > BRAKE_SHARE * judged
