"""`python -m moderation.evaluation.language_thresholds MODEL en=FILE tr=FILE…`: a model's thresholds by language.

All texts are harmless comments, a file a language. In English the embedded model flags some share of them at each of
the built-in policy's thresholds; the model's threshold of a language is the one at which it flags the same share there.
The table is printed as JSON, for `thresholds.json` in the model's folder. An attribute of which the share would be too
few texts to tell is left out: the policy's threshold holds then.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderation.evaluation.columns import texts_read
from moderation.policies import BUILT_IN_POLICY
from moderation.scoring import Result, Scorer, ScoringError, open_scorer
from moderation.scoring.text.language import language_code
from moderation.services.errors import ServiceError

BASE, BASE_LANGUAGE = "compact", "en"
# So many harmless texts must be flagged, or the threshold is a matter of chance.
ENOUGH = 5
DIGITS = 4
Scores = Mapping[str, NDArray[np.float64]]


def policy_thresholds() -> dict[str, float]:
    """Returns attribute → the built-in policy's threshold."""
    return {one["attribute"]: one["gte"] for one in BUILT_IN_POLICY["rules"][0]["when"]["any"]}


def scores_of(scorer: Scorer, texts: Sequence[str], language: str) -> Scores:
    """Returns attribute → the scores of the texts, said to be in the language; raises ScoringError."""
    found = [one for one in scorer.score(texts, languages=[language] * len(texts)) if isinstance(one, Result)]
    names = scorer.description.attributes
    return {name: np.array([one.scores[name] for one in found], dtype=np.float64) for name in names}


def shares_flagged(scores: Scores, thresholds: Mapping[str, float]) -> dict[str, float]:
    """Returns attribute → the share of texts that reach its threshold, of those that enough texts reach."""
    reached = {name: int((scores[name] >= end).sum()) for name, end in thresholds.items() if name in scores}
    return {name: count / len(scores[name]) for name, count in reached.items() if count >= ENOUGH}


def thresholds_of_equal_share(scores: Scores, shares: Mapping[str, float]) -> dict[str, float]:
    """Returns attribute → the threshold at which such a share of the texts is flagged; too few texts tell none."""
    found = {}
    for name, share in shares.items():
        values = np.sort(scores.get(name, np.array([])))[::-1]
        count = round(share * len(values))
        if ENOUGH <= count < len(values):
            found[name] = round(float(values[count - 1] + values[count]) / 2, DIGITS)
    return found


def table(model: str, files: Mapping[str, Path]) -> dict[str, dict[str, float]]:
    """Returns language → attribute → threshold; raises ScoringError, and ServiceError for a file."""
    base, texts = open_scorer(BASE), {code: texts_read(path) for code, path in files.items()}
    shares = shares_flagged(scores_of(base, texts.pop(BASE_LANGUAGE), BASE_LANGUAGE), policy_thresholds())
    scorer = open_scorer(model)
    found = {code: thresholds_of_equal_share(scores_of(scorer, own, code), shares) for code, own in texts.items()}
    return {code: row for code, row in found.items() if row}


def _pair(argument: str) -> tuple[str, Path]:
    code, mark, name = argument.partition("=")
    if not mark or not language_code(code):
        raise argparse.ArgumentTypeError(f"{argument[:100]} is not CODE=FILE")
    return language_code(code), Path(name)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m moderation.evaluation.language_thresholds")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("files", nargs="+", type=_pair, metavar="CODE=FILE")
    options = parser.parse_args(arguments)
    files = dict(options.files)
    if BASE_LANGUAGE not in files:
        parser.error(f"{BASE_LANGUAGE}=FILE is needed: its share is what the others are to have")
    try:
        found = table(options.model, files)
    except (ServiceError, ScoringError) as error:
        parser.exit(1, f"{error}\n")
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
