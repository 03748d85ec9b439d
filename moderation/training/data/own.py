"""The project's own examples: `counter_examples.jsonl`, written for it by hand under its licence (Apache-2.0).

What the public sets get wrong: identity terms in harmless sentences, abuse that is quoted or condemned, talk of war and
politics, threats without a swear word, hate without one. No sentence is a template with terms
filled in. `evaluate_model` reads the file too, which is fair to models that were not trained on it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from moderation.scoring.results import ATTRIBUTES
from moderation.training.examples import Example

FILE = Path(__file__).with_name("counter_examples.jsonl")
# They are few and certain, beside tens of thousands.
WEIGHT = 3.0


def own_examples(path: Path = FILE) -> Iterator[Example]:
    """Each sentence with a label for every attribute."""
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        labels = {name: float(row[name]) for name in ATTRIBUTES}
        yield Example(row["text"], "own", labels, WEIGHT)
