"""Samples comments that pass for QA: a person looks at them, so that what the policy lets through is known too."""

import hashlib

from archive.models import Comment
from moderation.models import PolicyVersion

HASHED = 2**64


def sampled_for_qa(comment: Comment, policy: PolicyVersion, share: float) -> bool:
    """Returns whether the comment is in the sample of `share` (0 to 1) that this policy version draws.

    A hash of the policy, the comment's id in its source and its text decides, so that the same text under the same
    policy is always drawn or never, whatever the run or the database.
    """
    drawn = "\n".join((policy.sha256, comment.source.slug, comment.external_id, comment.text_hash))
    return int.from_bytes(hashlib.sha256(drawn.encode()).digest()[:8], "big") < share * HASHED
