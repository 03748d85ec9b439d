"""Cleans texts as the engine will read them, and finds those that are the same, or nearly.

Two texts are the same when their letters and digits are, whatever their case, accents, marks and spaces. Nearly the
same: at least half of one's runs of six words occur in a single other text.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b

from moderation.scoring.text.offset_mapped import readable, says_something
from moderation.training.examples import Example

RUN_WORDS = 6
NEAR = 0.5
WORD = re.compile(r"\w+")
# The sets were written as CSV more than once, which left doubled quotes around and within.
QUOTES = re.compile(r'"{2,}')


def clean(example: Example) -> Example | None:
    """The example as it is trained on; None if it says nothing. Annotated texts keep their characters for the spans."""
    text = readable(example.text)
    if example.spans is None:
        text = QUOTES.sub('"', text).strip().strip('"').strip()
    return replace(example, text=text) if says_something(text) else None


def key_of(text: str) -> str:
    """The key that equal texts share: 16 bytes in hexadecimal."""
    letters = (c for c in unicodedata.normalize("NFKD", text.casefold()) if unicodedata.category(c)[0] in "LN")
    return blake2b("".join(letters).encode(), digest_size=16).hexdigest()


def deduplicate(examples: Iterable[Example]) -> list[Example]:
    """One example for each text of a set: labels are averaged, the first spans are kept."""
    found: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for one in examples:
        found[one.set, key_of(one.text)].append(one)
    return [_merged(same) for same in found.values()]


def _merged(same: Sequence[Example]) -> Example:
    marked = next((one for one in same if one.spans is not None), same[0])
    values: dict[str, list[float]] = defaultdict(list)
    for one in same:
        for name, value in one.labels.items():
            values[name].append(value)
    return replace(marked, labels={name: sum(given) / len(given) for name, given in values.items()})


def without_near(examples: Iterable[Example], held_out: Iterable[Example]) -> Iterator[Example]:
    """The examples that neither equal nor nearly equal a held-out text."""
    keys: set[str] = set()
    homes: dict[int, list[int]] = defaultdict(list)
    for number, one in enumerate(held_out):
        keys.add(key_of(one.text))
        for run in _runs(one.text):
            homes[run].append(number)
    for one in examples:
        if key_of(one.text) not in keys and _overlap(one.text, homes) < NEAR:
            yield one


def _overlap(text: str, homes: dict[int, list[int]]) -> float:
    runs = _runs(text)
    shared = Counter(number for run in runs for number in homes.get(run, ()))
    return max(shared.values(), default=0) / max(1, len(runs))


def _runs(text: str) -> set[int]:
    words = WORD.findall(text.casefold())
    found = (" ".join(words[i : i + RUN_WORDS]) for i in range(len(words) - RUN_WORDS + 1))
    return {int.from_bytes(blake2b(run.encode(), digest_size=8).digest()) for run in found}
