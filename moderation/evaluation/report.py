"""An evaluation as Markdown: what `evaluate_model` prints and what docs/models.md quotes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moderation.evaluation.figures import Figures

Rows = Iterator[str]


def evaluation_report(*, figures: Figures) -> str:
    """Returns the report; parts without rows are left out."""
    parts = (_labels, _thresholds, _terms, _perspective, _perspective_thresholds, _spans, _noise, _rates)
    lines = [
        f"# How good {figures['model']} is",
        "",
        (
            f"Written by `manage.py evaluate_model` from {', '.join(figures['files'])}: {figures['texts']:,} texts, "
            f"{figures['refused']:,} of them refused by the model. In brackets 95 % intervals, from "
            f"{figures['rounds']} resamplings of the rows."
        ),
    ]
    for part in parts:
        found = list(part(figures))
        lines += ["", *found] if found else []
    return "\n".join(lines) + "\n"


def _table(title: str, note: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Rows:
    if rows:
        yield from (f"## {title}", "")
        yield from (note, "") if note else ()
        yield f"| {' | '.join(head)} |"
        yield f"|{' --- |' * len(head)}"
        yield from (f"| {' | '.join(row)} |" for row in rows)


def _labels(figures: Figures) -> Rows:
    head = (
        "label", "rows of", "rows", "positive", "AUC", "average precision", "calibration error", "Brier",
        "Brier of the base rate",
    )  # fmt: skip
    note = "Positive: at least half of the people say so. Calibration error: 15 bins of equal mass."
    rows = [
        (
            label, group, f"{of['rows']:,}", f"{of['positive']:,}", _within(of, "auc"),
            _within(of, "average_precision"), _within(of, "calibration_error"), _number(of["brier"]),
            _number(of["brier_of_base_rate"]),
        )
        for label, group, of in _each(figures["labels"])
    ]  # fmt: skip
    yield from _table("People's labels", note, head, rows)


def _thresholds(figures: Figures) -> Rows:
    head = ("label", "rows of", "threshold", "flagged", "precision", "recall")
    rows = [
        (label, group, str(at["threshold"]), _share(at["flagged"]), _share(at["precision"]), _share(at["recall"]))
        for label, group, of in _each(figures["labels"])
        for at in of["thresholds"]
    ]
    yield from _table("What thresholds flag", "", head, rows)


def _each(found: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, Any]]:
    return ((label, group, of) for label, groups in found.items() for group, of in groups.items())


def _terms(figures: Figures) -> Rows:
    note = (
        "AUC among the rows that name a term; of toxic rows without it against harmless rows with it (BPSN: low where "
        "the term alone raises scores); of harmless rows without it against toxic rows with it (BNSP)."
    )
    rows = [
        (label, term, f"{of['rows']:,}", *(_number(of[kind]) for kind in ("subgroup", "bpsn", "bnsp")))
        for label, terms in figures["terms"].items()
        for term, of in [*_worst(terms), *terms["terms"].items()]
    ]
    yield from _table("Identity terms", note, ("label", "term", "rows", "subgroup", "BPSN", "BNSP"), rows)


def _worst(terms: Figures) -> list[tuple[str, Figures]]:
    worst = {kind: of["auc"] for kind, of in terms["worst"].items()}
    return [("the worst of each", {"rows": sum(of["rows"] for of in terms["terms"].values()), **worst})]


def _perspective(figures: Figures) -> Rows:
    head = ("attribute", "rows", "rank correlation", "mean error", "mean error, uncalibrated")
    rows = [
        (
            attribute, f"{of['rows']:,}", _within(of, "rank_correlation"), _number(of["mean_error"]),
            _number(of["mean_error_uncalibrated"]),
        )
        for attribute, of in figures["perspective"].items()
    ]  # fmt: skip
    yield from _table("Perspective's scale, as served", "", head, rows)


def _perspective_thresholds(figures: Figures) -> Rows:
    head = ("attribute", "threshold", "Perspective flags", "we flag", "both, of those that either flags")
    rows = [
        (attribute, str(at["threshold"]), _share(at["theirs"]), _share(at["ours"]), _number(at["agree"]))
        for attribute, of in figures["perspective"].items()
        for at in of["thresholds"]
    ]
    yield from _table("What thresholds flag on Perspective's scale", "", head, rows)


def _spans(figures: Figures) -> Rows:
    of = figures["spans"]
    rows = [(f"{of['texts']:,}", _within(of, "f1"))] if of else []
    note = "Mean F1 over the characters of each text (SemEval-2021 task 5)."
    yield from _table("Words that carry the toxicity", note, ("texts", "F1"), rows)


def _noise(figures: Figures) -> Rows:
    of = figures["noise"]
    if of:
        note = (
            f"The toxic words of {of['disguised']:,} toxic texts written in a way that evades; AUC of toxicity without "
            f"that {_number(of['clean'])}."
        )
        rows = [(kind, _number(found["auc"]), _number(found["lost"])) for kind, found in of["kinds"].items()]
        yield from _table("Evasion", note, ("kind", "AUC", "lost"), rows)


def _rates(figures: Figures) -> Rows:
    thresholds: Mapping[str, float] = next(iter(figures["rates"].values()), {})
    rows = [(attribute, *(_share(share) for share in of.values())) for attribute, of in figures["rates"].items()]
    yield from _table("Share of all texts at or above a score", "", ("attribute", *thresholds), rows)


def _within(of: Figures, name: str) -> str:
    around = of[f"{name}_interval"]
    return _number(of[name]) + (f" ({around[0]:.3f}–{around[1]:.3f})" if around else "")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
