"""Fixtures: small data in the format of the training data, and a tiny encoder to start from."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from moderation.scoring.catalogue.descriptions import MODELS
from moderation.training.data.sources import PERSPECTIVE_COLUMNS, SIX_LABELS

CALM = (
    "The council met on {n} March and moved the ferry's timetable to the second page.",
    "I read {n} pages of the report before breakfast and liked the maps.",
    "Our library has {n} chairs and a very patient librarian.",
    "Could you add the {n} sources that the paragraph about bridges needs?",
)
RUDE = (
    "You are a liar number {n} and a fool, go home.",
    "What a pathetic idiot wrote line {n} of this?",
    "Shut up about page {n}, you worthless clown.",
    "Only a moron counts to {n} and calls it news.",
)


def texts(count: int, begin: int = 0) -> list[tuple[str, int]]:
    """Returns distinct texts with labels; rude ones are labelled 1."""
    pairs = [(CALM[n % 4], 0) if n % 2 else (RUDE[n % 4], 1) for n in range(begin, begin + count)]
    return [(form.format(n=n), label) for n, (form, label) in enumerate(pairs, begin)]


def write_csv(path: Path, head: Sequence[str], rows: Sequence[Sequence[Any]], delimiter: str = ",") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(head)
        writer.writerows(rows)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All data folders that training reads, with a few rows each."""
    folder = tmp_path_factory.mktemp("data")
    for number in (1, 2):
        path = folder / "wikipedia-toxic" / f"text_comment_{number}.csv"
        write_csv(path, ["comment_text", "labels"], texts(40, number * 100))
    six = [[f"i{n}", text, *[label] * 6] for n, (text, label) in enumerate(texts(12, 100))]
    head = ["id", "comment_text", *SIX_LABELS]
    write_csv(folder / "wikipedia-six-labels" / "a.csv", head, [*six, ["x", "Never labelled 77.", *[-1] * 6]])
    for name in ("gc", "gn"):
        rows = [[f"{name}{n}", text, label, 0.2 + label / 2] for n, (text, label) in enumerate(texts(8, 400))]
        write_csv(folder / "wikipedia-context" / f"{name}.csv", ["id", "text", "label", "api"], rows)
    write_csv(folder / "wikipedia-unlabelled" / "comments_to_score.csv", ["comment_id", "text"], [[1, "Nobody said."]])
    scores = [[text, *[0.1 + label / 2] * len(PERSPECTIVE_COLUMNS)] for text, label in texts(8, 500)]
    write_csv(folder / "perspective-scores" / "scores.csv", ["comment_text", *PERSPECTIVE_COLUMNS], scores)
    tweets = [[0, 3, 0, 3 * label, 3 - 3 * label, label, text] for text, label in texts(6, 600)]
    tweets.append([1, 4, 1, 1, 2, 1, "!!! RT @ada_b: fish &amp; chips at noon"])
    columns = ["", "count", "hate_speech", "offensive_language", "neither", "class", "tweet"]
    write_csv(folder / "tweets-davidson" / "labeled_data.csv", columns, tweets)
    pairs = [["the fool drove off .", "he drove off .", "he left .", ""]]
    write_csv(folder / "paradetox" / "paradetox.tsv", ["toxic", "neutral1", "neutral2", "neutral3"], pairs, "\t")
    _civil(folder / "civil-spans")
    return folder


def _civil(folder: Path) -> None:
    write_csv(
        folder / "comments.csv", ["comment_id", "comment_text"], [[7, "You fool, they said."], [8, "Fine by me."]]
    )
    annotations = [
        [1, 7, 1, "USA", False, False],
        [2, 7, 2, "USA", False, False],
        [3, 7, 3, "USA", True, True],
        [4, 7, 4, "USA", True, False],
        [5, 8, 1, "USA", True, True],
    ]
    head = ["annotation", "comment_id", "worker", "country", "all toxic", "not toxic"]
    write_csv(folder / "annotations.csv", head, annotations)
    marks = [[1, "Insult", 4, 8], [2, "Insu", 4, 8], [2, "Threat", 10, 14]]
    write_csv(folder / "spans.csv", ["annotation", "type", "start", "end"], marks)
    agreed = [[json.dumps([0, 1, 2, 3]), "Idle gossip, nothing else."]]
    write_csv(folder / "semeval" / "tsd_train.csv", ["spans", "text"], agreed)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder with hidden size 16 and random weights, and the embedded model's tokenizer."""
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("base")
    torch.manual_seed(3)
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(**shape)).save_pretrained(folder)
    shutil.copyfile(MODELS["compact"] / "tokenizer.json", folder / "tokenizer.json")
    return folder


@pytest.fixture
def learning(missing: Callable[[str], None]) -> None:
    """What learns and what judges needs scikit-learn."""
    if importlib.util.find_spec("sklearn") is None:
        missing("sklearn (requirements-training.txt)")
