"""A table of thresholds: counted by hand, and its edges."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from moderation.evaluation.collect import Evaluated
from moderation.evaluation.thresholds.table import THRESHOLDS, difference, language_table, share, tables_report

GAY = frozenset({"gay"})


def judged(*rows: tuple[float, float, frozenset[str]]) -> Evaluated:
    found = Evaluated()
    for score, label, terms in rows:
        found.labels["toxicity"].add(score, label, "", terms)
        found.rates["toxicity"].append(score)
    return found


def test_the_thresholds_go_from_three_to_ninety_five_hundredths() -> None:
    assert (THRESHOLDS[0], THRESHOLDS[-1], len(THRESHOLDS)) == (0.3, 0.95, 14)


def test_a_row_counts_what_a_threshold_flags() -> None:
    labelled = judged((0.9, 1, GAY), (0.4, 1, GAY), (0.6, 0, GAY), (0.1, 0, frozenset()), (0.2, 0.4, frozenset()))
    newspaper = judged((0.2, 0, frozenset()), (0.55, 0, frozenset()))
    table = language_table(model="m@1", language="en", labelled=labelled, newspaper=newspaper, files=["a.csv"])
    row = next(row for row in table.rows if row.threshold == 0.5)
    found = [one.value if one else None for one in (row.precision, row.recall, row.harmless, row.queued, row.gap)]
    assert found == [0.5, 0.5, pytest.approx(1 / 3), 0.5, None]
    assert (table.toxic, table.harmless, table.naming, table.newspaper) == (2, 3, 1, 2)


def test_nothing_flagged_has_no_precision_and_no_newspaper_no_share_of_one() -> None:
    table = language_table(
        model="m@1", language="tr", labelled=judged((0.1, 1, GAY), (0.1, 0, GAY)), newspaper=None, files=["a.csv"]
    )
    last = table.rows[-1]
    assert (last.precision, last.queued, last.gap) == (None, None, None)
    assert last.recall is not None
    assert (last.recall.value, last.recall.low) == (0.0, 0.0)
    assert "| 0.95 | – | 0.0 (0.0 to 97.5) | 0.0 (0.0 to 97.5) | – | – |" in tables_report(tables=[table], notes=[])


def test_a_share_of_none_in_ten_may_be_three_in_ten() -> None:
    found = share(np.zeros(10, dtype=bool))
    assert found is not None
    assert (found.low, round(found.high, 4)) == (0.0, 0.3085)


def test_a_gap_needs_enough_texts_of_both_and_has_newcombes_interval() -> None:
    first, second = np.arange(100) < 12, np.arange(200) < 6
    assert difference(first[:49], second) is None
    found = difference(first, second)
    assert found is not None
    low, high = confint_proportions_2indep(12, 100, 6, 200, method="newcomb", compare="diff")
    assert (found.value, found.low, found.high) == pytest.approx((0.09, low, high))
    assert found.low > 0
