"""Rows of CSV files, read one by one.

The sets have known columns; what operators name is read by `moderation.evaluation.columns`, which the training does not
import.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moderation.training.examples import TrainingError


def rows(path: Path, **form: Any) -> Iterator[dict[str, str]]:
    """The rows of a CSV file; `form` is what `csv.DictReader` takes.

    Raises:
        TrainingError: If it cannot be read.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, **form)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"{path} cannot be read: {type(error).__name__}.") from error
