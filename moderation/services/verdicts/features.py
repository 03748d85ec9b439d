"""What is noted of a text when it is scored, so that a comment can be judged again without reading it."""

import re
from hashlib import blake2b
from typing import Any

import numpy as np

from archive.models import Comment

WORD = re.compile(r"\w+")
ADDRESS = re.compile(r"(?:https?://|www\.)[^\s\"'<>]+", re.IGNORECASE)
SHINGLE_WORDS = 3
HASH_BYTES = 8


def comment_features(comment: Comment) -> dict[str, Any]:
    """Returns the facts of the comment's present text.

    `text_hash` is the text they are about, `links` the number of different web addresses in it, `length` its length in
    characters, `near_hash` its simhash. Word-list hits have their place here once there are word lists.
    """
    return {
        "text_hash": comment.text_hash,
        "links": len(set(ADDRESS.findall(comment.raw))),
        "length": len(comment.text),
        "near_hash": near_hash(comment.text),
    }


def near_hash(text: str) -> str:
    """Returns a 64-bit simhash over runs of three words, in hexadecimal: texts that nearly agree differ in few bits.

    Case and marks do not count; a text without a word has the empty hash. Source: Charikar, "Similarity estimation
    techniques from rounding algorithms", 2002.
    """
    words = WORD.findall(text.casefold())
    runs = [" ".join(words[at : at + SHINGLE_WORDS]) for at in range(max(1, len(words) - SHINGLE_WORDS + 1))]
    if not words:
        return ""
    digests = b"".join(blake2b(run.encode(), digest_size=HASH_BYTES).digest() for run in runs)
    bits = np.unpackbits(np.frombuffer(digests, dtype=np.uint8).reshape(-1, HASH_BYTES), axis=1)
    return np.packbits(bits.mean(axis=0) > 0.5).tobytes().hex()  # noqa: PLR2004 - the majority of the runs
