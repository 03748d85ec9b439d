"""Features of a text, computed and stored when it is scored, so that re-judging never reads the text."""

import re
from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
from django.db.models import F

from archive.models import Comment
from moderation.models import Review
from moderation.policies import Features

WORD = re.compile(r"\w+")
ADDRESS = re.compile(r"(?:https?://|www\.)[^\s\"'<>]+", re.IGNORECASE)
NAMES = frozenset({"links", "length", "near_hash"})
SHINGLE_WORDS = 3
HASH_BYTES = 8


def comment_features(comment: Comment) -> Features:
    """Returns the features of the comment's current text."""
    return text_features(raw=comment.raw, text=comment.text)


def text_features(*, raw: str, text: str) -> Features:
    """Returns the features of a text: links are counted in `raw`, which has the markup; the rest comes from `text`."""
    return Features(links=len(set(ADDRESS.findall(raw))), length=len(text), near_hash=near_hash(text))


def comment_facts(comment: Comment, features: Features | None = None) -> dict[str, Any]:
    """Returns a review's `facts` about the comment's current text: its hash and features (computed unless given)."""
    found = features or comment_features(comment)
    return {"text_hash": comment.text_hash, **{name: getattr(found, name) for name in sorted(NAMES)}}


def features_stored(*, comment_ids: Collection[int]) -> dict[int, Features]:
    """Returns comment id → stored features, for comments whose review holds those of the current text."""
    if not comment_ids:
        return {}
    current = Review.objects.filter(comment__in=comment_ids, score__revision=F("comment__revision"))
    rows = current.values_list("comment_id", "facts")
    return {comment: features_of(facts) for comment, facts in rows if facts.keys() >= NAMES}


def features_of(facts: Mapping[str, Any]) -> Features:
    """Returns the features in a review's `facts`; those that are missing there are None."""
    return Features(**{name: facts.get(name) for name in NAMES})


def near_hash(text: str) -> str:
    """Returns a 64-bit simhash over three-word shingles, in hex: similar texts differ in few bits.

    Case and punctuation are ignored; a text without words has an empty hash. Source: Charikar, "Similarity estimation
    techniques from rounding algorithms", 2002.
    """
    words = WORD.findall(text.casefold())
    runs = [" ".join(words[at : at + SHINGLE_WORDS]) for at in range(max(1, len(words) - SHINGLE_WORDS + 1))]
    if not words:
        return ""
    digests = b"".join(blake2b(run.encode(), digest_size=HASH_BYTES).digest() for run in runs)
    bits = np.unpackbits(np.frombuffer(digests, dtype=np.uint8).reshape(-1, HASH_BYTES), axis=1)
    return np.packbits(bits.mean(axis=0) > 0.5).tobytes().hex()  # noqa: PLR2004 - the majority of the runs
