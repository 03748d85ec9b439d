"""Which of the comments that pass a person looks at all the same, so that what the policy lets through is known too."""

import hashlib

from archive.models import Comment
from moderation.models import PolicyVersion

HASHED = 2**64


def sampled_for_qa(comment: Comment, policy: PolicyVersion, share: float) -> bool:
    """Says whether the comment is in the sample of `share` (0 to 1) that this policy version draws.

    The same text under the same policy is always drawn or never: the draw is a hash over the policy, the comment's
    place in its source and its text, so that no run, database or judging again draws twice.
    """
    drawn = "\n".join((policy.sha256, comment.source.slug, comment.external_id, comment.text_hash))
    return int.from_bytes(hashlib.sha256(drawn.encode()).digest()[:8], "big") < share * HASHED
