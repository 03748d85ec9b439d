"""`python -m moderation.benchmarks.engine.measure WHAT FILE…`: figures of how texts are read, on your own texts.

- `disguised`: the share of texts that get a second reading. On texts known as harmless it is the share of false alarms.
- `removal`: whether the words that are named for a score matter: texts scored 0.5 or more are scored again without
  the named words, and without as many random words.
- `long`: long texts concatenated from these, with and without an insult in the middle.
- `parity`: how far the scores are from Detoxify.predict with the embedded model's weights; needs torch.
- `languages`: how many texts are refused for their language, by language.

A file is a table or JSON lines with a column of texts (`moderation.evaluation.columns`), else it has one text a line.
Files are read on the machine they lie on; nothing of them is printed.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from moderation.evaluation.columns import texts_read
from moderation.scoring import Refusal, Result, Scorer, open_scorer
from moderation.scoring.explain import word_ranges
from moderation.scoring.text.normalise import deobfuscate
from moderation.scoring.text.offset_mapped import readable
from moderation.services.errors import ServiceError

Figures = dict[str, float]

FLAGGED = 0.5
AT_ONCE = 64
LONG_CHARACTERS = 60_000
INSULT = "You are a stupid, disgusting idiot."


def disguised(texts: Sequence[str], _scorer: Scorer, _chosen: random.Random) -> Figures:
    """The share of texts with a second reading."""
    return {
        "texts": len(texts),
        "read_twice": sum(deobfuscate(readable(text)) is not None for text in texts) / len(texts),
    }


def languages(texts: Sequence[str], scorer: Scorer, _chosen: random.Random) -> Figures:
    """The share of texts refused for their language, in all and by language."""
    found = [one for one in _scored(scorer, texts) if isinstance(one, Refusal) and one.language]
    codes = Counter(one.language.code for one in found if one.language)
    return {"texts": len(texts), "refused": len(found) / len(texts), **dict(codes.most_common())}


def removal(texts: Sequence[str], scorer: Scorer, chosen: random.Random) -> Figures:
    """How often leaving out the named words lowers toxicity, and lowers it more than as many words drawn by lot."""
    flagged = [(t, one) for t, one in zip(texts, _scored(scorer, texts), strict=True) if _toxicity(one) >= FLAGGED]
    spans = scorer.score(
        [text for text, _ in flagged], languages=[scorer.description.default_language] * len(flagged), spans=True
    )
    named = [_named(one) for one in spans]
    drawn = [_drawn(text, len(places), chosen) for (text, _), places in zip(flagged, named, strict=True)]
    before = [_toxicity(one) for _, one in flagged]
    after = _without(scorer, [text for text, _ in flagged], named)
    by_lot = _without(scorer, [text for text, _ in flagged], drawn)
    count = len(flagged) or 1
    return {
        "flagged": len(flagged),
        "words_named": sum(map(len, named)) / count,
        "lowered": sum(a < b for a, b in zip(after, before, strict=True)) / count,
        "lowered_more_than_by_lot": sum(a < b for a, b in zip(after, by_lot, strict=True)) / count,
        "mean_fall": (sum(before) - sum(after)) / count,
        "mean_fall_by_lot": (sum(before) - sum(by_lot)) / count,
    }


def long(texts: Sequence[str], scorer: Scorer, chosen: random.Random) -> Figures:
    """Toxicity of long texts made of these, as they are and with an insult in the middle of each."""
    whole = list(_joined(chosen.sample(texts, len(texts))))
    insulted = [f"{text[: len(text) // 2]} {INSULT} {text[len(text) // 2 :]}" for text in whole]
    plain, found = _scored(scorer, whole), _scored(scorer, insulted)
    count = len(whole) or 1
    return {
        "long_texts": len(whole),
        "windows": sum(one.windows for one in plain if isinstance(one, Result)) / count,
        "flagged": sum(_toxicity(one) >= FLAGGED for one in plain) / count,
        "flagged_with_insult": sum(_toxicity(one) >= FLAGGED for one in found) / count,
        "mean": sum(map(_toxicity, plain)) / count,
        "mean_with_insult": sum(map(_toxicity, found)) / count,
    }


def parity(texts: Sequence[str], scorer: Scorer, _chosen: random.Random) -> Figures:
    """The largest and the mean difference from Detoxify.predict, and the lowest rank correlation of an output."""
    from moderation.benchmarks.engine.specimens import compact_checkpoint, nearness

    with TemporaryDirectory(prefix="moderato-parity-") as folder:
        found = nearness(scorer.description.name, compact_checkpoint(Path(folder)), texts)
    names = ("texts", "largest", "mean", "rank_correlation", "exact_parts")
    return {name: getattr(found, name) for name in names}


WHAT: dict[str, Callable[[Sequence[str], Scorer, random.Random], Figures]] = {
    "disguised": disguised,
    "removal": removal,
    "long": long,
    "parity": parity,
    "languages": languages,
}


def _scored(scorer: Scorer, texts: Sequence[str]) -> list[Result | Refusal]:
    parts = range(0, len(texts), AT_ONCE)
    return [one for begin in parts for one in scorer.score(texts[begin : begin + AT_ONCE])]


def _toxicity(one: Result | Refusal) -> float:
    return one.scores["toxicity"] if isinstance(one, Result) else 0.0


def _named(one: Result | Refusal) -> list[tuple[int, int]]:
    spans = one.spans if isinstance(one, Result) else ()
    return sorted({(s.begin, s.end) for s in spans if s.kind == "word" and s.attribute == "toxicity"})


def _drawn(text: str, count: int, chosen: random.Random) -> list[tuple[int, int]]:
    words = word_ranges(text)
    return sorted(chosen.sample(words, min(count, len(words))))


def _without(scorer: Scorer, texts: Sequence[str], places: Sequence[list[tuple[int, int]]]) -> list[float]:
    left = []
    for text, ranges in zip(texts, places, strict=True):
        for begin, end in reversed(ranges):
            text = text[:begin] + text[end:]  # noqa: PLW2901 - shortened from its end on
        left.append(text)
    language = scorer.description.default_language
    return [_toxicity(one) for one in scorer.score(left, languages=[language] * len(left))]


def _joined(texts: Sequence[str]) -> Iterator[str]:
    part: list[str] = []
    for text in texts:
        part.append(text)
        if sum(map(len, part)) >= LONG_CHARACTERS:
            yield "\n\n".join(part)
            part = []


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a line a figure."""
    parser = argparse.ArgumentParser(
        prog="python -m moderation.benchmarks.engine.measure", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--model", default="compact")
    parser.add_argument("--sample", type=int, metavar="N", help="at most N texts, drawn by lot")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    chosen = random.Random(options.seed)  # noqa: S311 - drawn by lot, not in secret
    try:
        texts = [text for path in options.files for text in texts_read(path)]
    except ServiceError as error:
        parser.exit(1, f"{error}\n")
    if options.sample and options.sample < len(texts):
        texts = chosen.sample(texts, options.sample)
    for name, value in WHAT[options.what](texts, open_scorer(options.model), chosen).items():
        sys.stdout.write(f"{name}: {value:.4g}\n")


if __name__ == "__main__":
    main()
