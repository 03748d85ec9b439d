"""`python -m moderation.benchmarks.engine.languages CODE=FILE…`: how well the language of comments is told, by length.

A file is a table, JSON lines or one text a line (`moderation.evaluation.columns`), all of its texts in the language.
The table has a row a language and a column a length: how many texts, how many of them are told rightly, and how many
are taken for another language (the others are assumed to be in the default one). Opens no model.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from moderation.evaluation.columns import texts_read
from moderation.scoring import Routing, describe
from moderation.scoring.text.language import identify, language_code
from moderation.services.errors import ServiceError

SERVED = "ar,cs,de,es,fr,hi,hi-Latn,id,it,ja,ko,nl,pl,pt,ru,sv,tr,uk,zh"
# Letters of a text, up to below each; the last is open.
LENGTHS = (12, 20, 40, 80)


@dataclass(slots=True)
class Told:
    """How many texts of a length there were, told rightly, and taken for another language than that and the default."""

    texts: Counter[int] = field(default_factory=Counter)
    right: Counter[int] = field(default_factory=Counter)
    wrong: Counter[int] = field(default_factory=Counter)

    def add(self, text: str, code: str, routing: Routing) -> None:
        """Takes in a text of the language."""
        at = length_of(text)
        found = identify(text, None, routing)
        self.texts[at] += 1
        self.right[at] += found.code == code
        self.wrong[at] += found.code != code and found.origin == "detected"

    def row(self) -> Iterator[str]:
        """Yields a cell for each length."""
        for at in range(len(LENGTHS) + 1):
            number = self.texts[at]
            shares = f"{self.right[at] / number:.1%} ({self.wrong[at] / number:.1%})" if number else ""
            yield f"{number:,}: {shares}" if number else "–"


def length_of(text: str) -> int:
    """Returns which of the lengths a text has, by its letters."""
    letters = sum(character.isalpha() for character in text)
    return sum(letters >= limit for limit in LENGTHS)


def routing_of(served: Sequence[str]) -> Routing:
    """Returns a routing of compact for English and of a model that is not there for the other languages."""
    compact = describe("compact")
    others = tuple(code for code in served if code not in compact.languages)
    return Routing((compact, replace(compact, name="others", languages=others)))


def table(files: Sequence[tuple[str, Path]], served: Sequence[str]) -> Iterator[str]:
    """Yields the lines of the table; raises ServiceError for a file that cannot be read."""
    routing, told = routing_of(served), dict[str, Told]()
    for code, path in files:
        for text in texts_read(path):
            told.setdefault(code, Told()).add(text, code, routing)
    limits = [f"under {LENGTHS[0]}", *(f"{a}–{b - 1}" for a, b in pairwise(LENGTHS))]
    yield f"| language | {' | '.join([*limits, f'{LENGTHS[-1]} or more'])} |"
    yield "| --- " * (len(LENGTHS) + 2) + "|"
    for code, found in sorted(told.items()):
        yield f"| {code} | {' | '.join(found.row())} |"


def _pair(argument: str) -> tuple[str, Path]:
    code, mark, name = argument.partition("=")
    if not mark or not language_code(code):
        raise argparse.ArgumentTypeError(f"{argument[:100]} is not CODE=FILE")
    return language_code(code), Path(name)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m moderation.benchmarks.engine.languages")
    parser.add_argument("files", nargs="+", type=_pair, metavar="CODE=FILE")
    parser.add_argument("--served", default=SERVED, help="the languages served beside English, separated by commas")
    options = parser.parse_args(arguments)
    try:
        for line in table(options.files, [language_code(code) for code in options.served.split(",")]):
            sys.stdout.write(f"{line}\n")
    except ServiceError as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
