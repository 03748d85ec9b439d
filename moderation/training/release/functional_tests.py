"""Functional tests for hate, after HateCheck's form: short sentences, each of which asks one thing of a model.

    python -m moderation.training.release.functional_tests > functional.csv
    manage.py evaluate_model functional.csv --language en --column hateful=identity_attack --group functionality

The templates are the project's own, not HateCheck's (Röttger and others, 2021), and like `madlibs` they are for
judging: no training reads them. Seven groups stand in each; what harms no group is harmless, abuse of one person too.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TEMPLATES = Path(__file__).with_name("functional.json")


class Case(NamedTuple):
    """One sentence.

    Attributes:
        functionality: What it asks of a model.
        target: The group in it, in the plural; empty: none.
        hateful: 1 or 0.
    """

    text: str
    functionality: str
    target: str
    hateful: int


def cases() -> Iterator[Case]:
    """Every sentence once: 647 of 21 functionalities, 392 of them hateful."""
    content = json.loads(TEMPLATES.read_text(encoding="utf-8"))
    for label, kind in enumerate(("harmless", "hateful")):
        for functionality, templates in content[kind].items():
            for template in templates:
                for text, target in _filled(template, content["groups"]):
                    yield Case(text, functionality, target, label)


def _filled(template: str, groups: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    if "{" not in template:
        yield template, ""
        return
    for group in groups:
        capital = {name.capitalize(): word[0].upper() + word[1:] for name, word in group.items()}
        yield template.format(**group, **capital), group["many"]


if __name__ == "__main__":
    table = csv.writer(sys.stdout)
    table.writerow(Case._fields)
    table.writerows(cases())
