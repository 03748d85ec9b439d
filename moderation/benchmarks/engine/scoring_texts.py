"""Seeded comments, for measuring how fast they are scored: common English words, log-normal in length.

They mean nothing; what matters is their length (48 tokens on average, a few of several hundred) and that their language
is certain.
"""

import random

SEED = 20140626
# Of the number of words; with punctuation and two special tokens, 48 tokens on average.
MEDIAN_LOG, SPREAD = 3.39, 0.8
LEAST, MOST = 2, 400
SENTENCE = (4, 18)
_COMMON = (
    "the be to of and a in that have it for not on with he as you do at this but his by from they we say her she or "
    "an will my one all would there their what so up out if about who get which go me when make can like time no "
    "just him know take people into year your good some could them see other than then now look only come its over "
    "think also back after use two how our work first well way even new want because any these give day most us "
    "government city council street school money public water house family children parents teacher question "
    "problem number company article newspaper comment reader opinion country state policy vote election member "
    "party president health market business law reason research history story result change morning minute power "
    "different political national local important large available social possible economic difficult private "
    "certain whatever although nothing everything harbour bridge neighbourhood traffic bicycle pavement mayor "
    "committee subsidies renovation apartment responsibility "
)
_WORDS = _COMMON.split()


def texts_make(count: int, seed: int = SEED) -> list[str]:
    """Returns `count` different comments; the same seed gives the same ones."""
    # Reproducible, and no secret.
    chosen = random.Random(seed)  # noqa: S311
    found: dict[str, None] = {}
    while len(found) < count:
        words = int(chosen.lognormvariate(MEDIAN_LOG, SPREAD))
        found[_text(chosen, min(MOST, max(LEAST, words)))] = None
    return list(found)


def comment_make(words: int, seed: int = SEED) -> str:
    """Returns a comment of `words` words."""
    return _text(random.Random(seed), words)  # noqa: S311


def _text(chosen: random.Random, words: int) -> str:
    sentences = []
    while words > 0:
        length = min(words, chosen.randint(*SENTENCE))
        sentences.append(" ".join(chosen.choices(_WORDS, k=length)).capitalize() + ".")
        words -= length
    return " ".join(sentences)
