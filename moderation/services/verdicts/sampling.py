"""Samples passing comments for QA: a person reviews them, to measure what the policy lets through."""

import hashlib

from archive.models import Comment
from moderation.models import PolicyVersion

HASHED = 2**64


def sampled_for_qa(comment: Comment, policy: PolicyVersion, share: float) -> bool:
    """Returns whether this policy version's sample of `share` (0 to 1) includes the comment.

    Decided by a hash of the policy, the comment's external id and its text, so that the same text under the same policy
    is always in or always out, whatever the run or the database.
    """
    drawn = "\n".join((policy.sha256, comment.source.slug, comment.external_id, comment.text_hash))
    return int.from_bytes(hashlib.sha256(drawn.encode()).digest()[:8], "big") < share * HASHED
