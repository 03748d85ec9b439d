"""Facts of a text, computed and stored when it is scored, so that judging again never reads the text."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
from django.db.models import F

from archive.models import Comment
from moderation.models import Review
from moderation.policies import Features
from moderation.services.facts.repeats import Said, repeats_count
from moderation.services.word_lists.matching import CompiledLists, lists_compiled

WORD = re.compile(r"\w+")
ADDRESS = re.compile(r"(?:https?://|www\.)[^\s\"'<>]+", re.IGNORECASE)
SHINGLE_WORDS = 3
HASH_BYTES = 8
# The facts that become fields of Features as they are; `lists` becomes one with the hits alone.
PLAIN = ("links", "length", "near_hash", "capitals", "repeats")
NAMES = frozenset({*PLAIN, "lists"})
# What is kept of each list.
HITS, VERSION = "hits", "version"


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What is stored of a text.

    Attributes:
        features: Of the text; the record of who wrote it and the like are not in them.
        lists: List → `{"version", "hits"}`, for every list that there was.
        edition: The newest version of a list among these; None if no list was matched.
    """

    features: Features
    lists: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    edition: int | None = None

    def as_json(self, text_hash: str) -> dict[str, Any]:
        """Returns a review's `facts`; those that are not known are left out."""
        plain = {name: getattr(self.features, name) for name in PLAIN}
        known = {name: value for name, value in plain.items() if value is not None}
        return {"text_hash": text_hash, **known, **({"lists": self.lists} if self.edition is not None else {})}


def batch_facts(*, comments: Sequence[Comment], languages: Mapping[int, str]) -> dict[int, TextFacts]:
    """Returns comment id → the facts of its current text, for a batch: two queries, or three if some repeat others.

    `languages` is comment id → the language in which the text was scored.
    """
    lists = lists_compiled()
    hashes = {one.pk: near_hash(one.text) for one in comments}
    said = [Said(one.pk, one.source_id, hashes[one.pk], one.created_at) for one in comments]
    repeats = repeats_count(said)
    return {one.pk: _facts(one, hashes[one.pk], repeats[one.pk], lists, languages.get(one.pk, "")) for one in comments}


def _facts(comment: Comment, hashed: str, repeats: int, lists: CompiledLists, language: str) -> TextFacts:
    hits = lists.facts(comment.text, language)
    features = Features(
        links=links_in(comment.raw),
        length=len(comment.text),
        near_hash=hashed,
        capitals=capitals(comment.text),
        repeats=repeats,
        lists=_each(hits, HITS),
        list_versions=_each(hits, VERSION),
    )
    return TextFacts(features, hits, lists.edition)


def comment_features(comment: Comment) -> Features:
    """Returns the features of the comment's current text that the text alone tells."""
    return text_features(raw=comment.raw, text=comment.text)


def text_features(*, raw: str, text: str, language: str = "", lists: CompiledLists | None = None) -> Features:
    """Returns the features of a text: links are counted in `raw`, which has the markup; the rest comes from `text`."""
    hits = lists.facts(text, language) if lists else None
    return Features(
        links=links_in(raw),
        length=len(text),
        near_hash=near_hash(text),
        capitals=capitals(text),
        lists=_each(hits, HITS),
        list_versions=_each(hits, VERSION),
    )


def comment_facts(comment: Comment, features: Features | None = None) -> dict[str, Any]:
    """Returns a review's `facts` about the comment's current text: its hash and features (computed unless given)."""
    return TextFacts(features or comment_features(comment)).as_json(comment.text_hash)


def features_stored(*, comment_ids: Collection[int]) -> dict[int, TextFacts]:
    """Returns comment id → stored facts, for comments whose review holds those of the current text, in whole."""
    if not comment_ids:
        return {}
    current = Review.objects.filter(comment__in=comment_ids, score__revision=F("comment__revision"))
    rows = current.values_list("comment_id", "facts", "facts_edition")
    return {pk: TextFacts(features_of(facts), facts["lists"], edition) for pk, facts, edition in rows if _whole(facts)}


def _whole(facts: Mapping[str, Any]) -> bool:
    return facts.keys() >= NAMES


def features_of(facts: Mapping[str, Any]) -> Features:
    """Returns the features in a review's `facts`; those that are missing there are None."""
    lists, plain = facts.get("lists"), {name: facts.get(name) for name in PLAIN}
    return Features(**plain, lists=_each(lists, HITS), list_versions=_each(lists, VERSION))


def _each(lists: Mapping[str, Mapping[str, int]] | None, what: str) -> dict[str, int] | None:
    """Returns the `hits` or the `version` of each list; None if no list was matched."""
    return None if lists is None else {name: found[what] for name, found in lists.items()}


def links_in(raw: str) -> int:
    """Returns how many different web addresses there are."""
    return len(set(ADDRESS.findall(raw)))


def capitals(text: str) -> float:
    """Returns the share of cased letters that are capital, from 0 to 1, to four digits; 0 without cased letters."""
    upper = sum(map(str.isupper, text))
    cased = upper + sum(map(str.islower, text))
    return round(upper / cased, 4) if cased else 0.0


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
