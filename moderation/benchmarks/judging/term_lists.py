"""`benchmark terms`: what matching with word lists of 100,000 entries costs, beside the scoring of the same texts."""

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from moderation.benchmarks.engine.scoring import ScoringPlan, planned_texts
from moderation.scoring.scorer import open_scorer
from moderation.scoring.terms import Term, TermMatcher

SEED = 20211116
SYLLABLES = [first + second for first in "bcdfghjklmnprstvwz" for second in "aeiou"]
KINDS = (*["words"] * 5, *["phrases"] * 2, *["stems"] * 2, "allowed")
STEMMED = ("en", "tr", "de", "fr")
# Texts that are scored and then matched, as a worker does it: matching finds what scoring has just read.
AT_ONCE = 64
ROUNDS = 3

Figures = dict[str, Any]


def terms_measured(plan: ScoringPlan, *, entries: int) -> Figures:
    """Scores the plan's texts and matches them with as many entries; the processors' time of each, best of three."""
    texts, scorer = planned_texts(plan), open_scorer()
    begun = time.process_time()
    matcher = TermMatcher(terms_make(entries))
    compiled = time.process_time() - begun
    scorer.score(texts[:1])
    rounds = [_round(scorer.score, matcher, texts) for _ in range(ROUNDS)]
    scoring, matching = (min(times) / len(texts) for times in zip(*rounds, strict=True))
    return {
        "entries": entries,
        "texts": len(texts),
        "precision": scorer.precision,
        "compiling_cpu_seconds": round(compiled, 2),
        "scoring_cpu_us_per_text": round(1e6 * scoring, 1),
        "matching_cpu_us_per_text": round(1e6 * matching, 1),
        "share_of_scoring": round(matching / scoring, 4),
    }


def terms_make(count: int) -> Iterator[Term]:
    """Yields entries from a seed: of ten, five words, two phrases, two stems and an allowed word."""
    chosen = random.Random(SEED)  # noqa: S311 - reproducible, and no secret
    for at in range(count):
        kind, word = KINDS[at % len(KINDS)], _word(chosen)
        if kind == "phrases":
            yield Term(kind, f"{word} {_word(chosen)}")
        elif kind == "stems":
            yield Term(kind, word, STEMMED[at % len(STEMMED)], stem=True)
        else:
            yield Term("words", word, allow=kind == "allowed")


def _word(chosen: random.Random) -> str:
    return "".join(chosen.choices(SYLLABLES, k=chosen.randint(2, 5)))


def _round(score: Callable[[list[str]], Any], matcher: TermMatcher, texts: list[str]) -> tuple[float, float]:
    scoring = matching = 0.0
    for at in range(0, len(texts), AT_ONCE):
        some = texts[at : at + AT_ONCE]
        begun = time.process_time()
        score(some)
        scored = time.process_time()
        for text in some:
            matcher.hits(text, "en")
        scoring, matching = scoring + scored - begun, matching + time.process_time() - scored
    return scoring, matching
