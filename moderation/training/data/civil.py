"""Reads Civil Comments with the spans that annotators marked: shares for the labels, and a share for each character.

A comment is toxic to an annotator who marked a span or said that all of it is. Nearly everybody who marked nothing has
both flags, "all toxic" and "not toxic": the form had one box for the two, and reading such comments says the second.
The comments were chosen because other readers had called them toxic, so this set's base rate is no other set's.
SemEval's part has the spans on which annotators agreed; for its comments these replace the shares.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from moderation.training.data.tables import rows
from moderation.training.examples import Example, Marked
from moderation.training.span_annotations import runs

# Some types are cut short in the file: a beginning is enough.
TYPES = {"Insu": "insult", "Prof": "obscene", "Iden": "identity_attack", "Thre": "threat"}


def civil_spans(folder: Path) -> Iterator[Example]:
    """Comments of readers of news sites, with the shares of their annotators."""
    agreed = dict(_semeval(folder / "semeval" / "tsd_train.csv"))
    asked = _annotations(folder / "annotations.csv")
    marked = _spans(folder / "spans.csv")
    for row in rows(folder / "comments.csv"):
        text = row["comment_text"]
        votes = asked.get(row["comment_id"], {})
        if votes:
            found = {annotation: marked.get(annotation, []) for annotation in votes}
            sure = agreed.pop(text, None)
            spans = tuple(_shares(text, found)) if sure is None else sure
            yield Example(text, "civil", _labels(votes, found), spans=spans, agreed=sure is not None)
    yield from (Example(text, "civil", {}, spans=spans, agreed=True) for text, spans in agreed.items())


def _annotations(path: Path) -> dict[str, dict[str, bool]]:
    """Comment → annotation → whether all of it was called toxic, and not harmless."""
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for row in rows(path):
        found[row["comment_id"]][row["annotation"]] = (row["all toxic"], row["not toxic"]) == ("True", "False")
    return found


def _spans(path: Path) -> dict[str, list[tuple[int, int, str]]]:
    """Annotation → the spans that it marks: begin, end, type."""
    found: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for row in rows(path):
        found[row["annotation"]].append((int(row["start"]), int(row["end"]), TYPES.get(row["type"][:4], "")))
    return found


def _labels(votes: dict[str, bool], found: dict[str, list[tuple[int, int, str]]]) -> dict[str, float]:
    toxic = sum(whole or bool(found[annotation]) for annotation, whole in votes.items())
    labels = {"toxicity": toxic / len(votes)}
    for name in TYPES.values():
        labels[name] = sum(any(kind == name for *_, kind in spans) for spans in found.values()) / len(votes)
    return labels


def _shares(text: str, found: dict[str, list[tuple[int, int, str]]]) -> Iterator[tuple[int, int, float]]:
    """Runs of characters with the share of the annotators who marked them."""
    counts = [0] * len(text)
    for spans in found.values():
        for place in {i for begin, end, _ in spans for i in range(begin, min(end, len(text)))}:
            counts[place] += 1
    yield from runs(count / len(found) for count in counts)


def _semeval(path: Path) -> Iterator[tuple[str, Marked]]:
    for row in rows(path):
        places = set(json.loads(row["spans"]))
        yield row["text"], tuple(runs(float(i in places) for i in range(len(row["text"]))))
