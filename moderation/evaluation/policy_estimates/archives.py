"""Seeded archives: comments of skewed sources with a model's scores, and moderators of known behaviour.

The chance that a moderator rejects a comment is a known function of its hidden harm, so that the truth of every share
is known to any precision from a far larger archive of the same making.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from moderation.estimates.audit import audit_shares
from moderation.estimates.rows import Flags, Floats, Ints, Rows

# Shares of the comments: one source has over half of them, the smallest a fiftieth.
SOURCES = (0.55, 0.25, 0.10, 0.05, 0.03, 0.02)
STRATA = np.array([0.02, 0.05, 0.1, 0.2, 0.35, 0.5])
FLAGGED_FROM = 0.5
FLOOR_PART = 0.2


@dataclass(frozen=True, slots=True)
class Kind:
    """How an archive is made: the comments' harm, how well the model sees it, and what moderators make of it.

    Attributes:
        harm, spread: Mean and standard deviation of the hidden harm, in logits.
        noise: Standard deviation of the model's error, in logits.
        shift: Added to the model's scores, in logits: a model whose scale differs.
        strictness: By which moderators exceed the harm, in logits; the second of two that take turns is less strict.
    """

    harm: float = -2.6
    spread: float = 1.5
    noise: float = 0.3
    shift: float = 0.0
    strictness: float = 0.3


@dataclass(frozen=True, slots=True)
class Archive:
    """Comments: source, the model's score, and whether a moderator would reject it."""

    source: Ints
    score: Floats
    harmful: Flags

    @property
    def stratum(self) -> Ints:
        """The score's stratum."""
        return np.digitize(self.score, STRATA)


def archive_make(kind: Kind, *, comments: int, seed: int) -> Archive:
    """Returns a seeded archive."""
    random = np.random.default_rng(seed)
    source = random.choice(len(SOURCES), comments, p=SOURCES)
    harm = random.normal(kind.harm + 0.25 * (source % 3), kind.spread, comments)
    score = expit(harm + random.normal(0, kind.noise, comments) + kind.shift)
    strict = random.choice([kind.strictness, -kind.strictness], comments)
    return Archive(source, score, random.random(comments) < expit(1.2 * harm + strict))


def uniform_chances(archive: Archive, *, share: float, flagged_from: float = FLAGGED_FROM) -> Floats:
    """Returns each comment's chance of review: what is flagged for sure, of what passes a share."""
    return np.where(archive.score >= flagged_from, 1.0, share)


def stratified_chances(archive: Archive, *, share: float, strata: Floats, flagged_from: float) -> Floats:
    """Returns the chances of a draw by strata of the same budget; the scores stand for the expected harm."""
    passes, stratum = archive.score < flagged_from, np.digitize(archive.score, strata)
    counts = np.bincount(stratum[passes], minlength=len(strata) + 1).astype(float)
    expected = np.bincount(stratum[passes], weights=archive.score[passes], minlength=len(counts)) / np.maximum(
        counts, 1
    )
    shares = audit_shares(counts, expected, share=share, floor=FLOOR_PART * share)
    return np.where(passes, shares[stratum], 1.0)


def review(archive: Archive, chances: Floats, *, matched: Flags, seed: int) -> Rows:
    """Returns the rows as estimates see them: decisions only of what was drawn."""
    reviewed = np.random.default_rng(seed).random(len(chances)) < chances
    return Rows(matched, reviewed, archive.harmful & reviewed, chances)
