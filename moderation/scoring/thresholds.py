"""A model's thresholds by language: those at which as many harmless comments are flagged as of the default language.

`thresholds.json` beside `model.json`, written where the model is made: `{"tr": {"toxicity": 0.42, …}, …}`. A model
without one, or a language or attribute that is not in it, has the thresholds of the policy as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from moderation.scoring.catalogue.descriptions import ModelDescription, folder_of
from moderation.scoring.catalogue.routing import Routing
from moderation.scoring.results import ScoringError

THRESHOLDS_FILE = "thresholds.json"
Thresholds = Mapping[str, Mapping[str, float]]
"""Language → attribute → threshold, 0 to 1."""


@cache
def own_thresholds(description: ModelDescription) -> Thresholds:
    """The table of a model; empty if it has none.

    Raises:
        ScoringError: `thresholds_unreadable`; a retry does not help.
    """
    path = folder_of(description.name) / THRESHOLDS_FILE
    if not path.exists():
        return {}
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        return {code: _row(row, description) for code, row in table.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ScoringError("thresholds_unreadable", f"{path} cannot be read as thresholds by language.") from error


def _row(row: Mapping[str, Any], description: ModelDescription) -> dict[str, float]:
    found = {name: float(value) for name, value in row.items()}
    if not all(0 < value <= 1 for value in found.values()) or not found.keys() <= set(description.attributes):
        raise ValueError
    return found


def thresholds_routed(routing: Routing) -> Thresholds:
    """The thresholds of each language by the model that serves it; a language without its own is left out.

    Raises:
        ScoringError: As `own_thresholds`.
    """
    tables = ((code, own_thresholds(model).get(code, {})) for code, model in routing.routes.items())
    return {code: row for code, row in tables if row}
