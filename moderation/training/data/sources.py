"""Reads the folders of the training data, one function a folder; what each set calls toxic stays its own.

A folder that is not there is an error that names it: a model from half of the data would look like one from all.
`madlibs` and the newspaper's debates are never read here: they are for judging.
"""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from moderation.training.data.civil import civil_spans
from moderation.training.data.own import own_examples
from moderation.training.data.tables import rows
from moderation.training.examples import FURTHER, Example, TrainingError

SIX_LABELS = {
    "toxic": "toxicity",
    "severe_toxic": "severe_toxicity",
    "obscene": "obscene",
    "threat": "threat",
    "insult": "insult",
    "identity_hate": "identity_attack",
}
PERSPECTIVE_COLUMNS = {
    "TOXICITY@6": "perspective_toxicity",
    "SEVERE_TOXICITY@2": "perspective_severe_toxicity",
    "IDENTITY_ATTACK": "perspective_identity_attack",
    "INSULT": "perspective_insult",
    "PROFANITY": "perspective_profanity",
    "SEXUALLY_EXPLICIT": "perspective_sexually_explicit",
    "THREAT": "perspective_threat",
    **{name.removeprefix("perspective_").upper(): name for name in FURTHER},
}
RETWEET = re.compile(r"^[!\"\s]*RT @\w+:?\s*")
LEADING_MARKS = re.compile(r"^[!\"\s]+")
# Tweets call slang offensive that readers of a newspaper might not; paraphrases are odd English.
TWEET_WEIGHT = 0.3
PARADETOX_WEIGHT = 0.3
# These have soft labels only.
UNLABELLED_WEIGHT = 0.5
# Six outputs have these 1,000 rows alone, so each counts several times.
PERSPECTIVE_WEIGHT = 4.0


def wikipedia_toxic(folder: Path) -> Iterator[Example]:
    """Talk comments, toxic or not."""
    for name in ("text_comment_1.csv", "text_comment_2.csv"):
        for row in rows(folder / name):
            yield Example(row["comment_text"], "wikipedia", {"toxicity": float(row["labels"])})


def wikipedia_six(folder: Path) -> Iterator[Example]:
    """Talk comments with six labels; rows of the contest's test that were never labelled have -1."""
    for path in sorted(folder.glob("*.csv")):
        for row in rows(path):
            labels = {output: float(row[column]) for column, output in SIX_LABELS.items() if row[column] in {"0", "1"}}
            yield Example(row["comment_text"], "wikipedia", labels)


def wikipedia_context(folder: Path) -> Iterator[Example]:
    """Talk comments with a label and Perspective's real TOXICITY."""
    for name in ("gc.csv", "gn.csv"):
        for row in rows(folder / name):
            labels = {"toxicity": float(row["label"]), "perspective_toxicity": float(row["api"])}
            yield Example(row["text"], "context", labels)


def wikipedia_unlabelled(folder: Path) -> Iterator[Example]:
    """Talk comments that only teachers judge."""
    for row in rows(folder / "comments_to_score.csv"):
        yield Example(row["text"], "unlabelled", weight=UNLABELLED_WEIGHT)


def perspective_scores(folder: Path) -> Iterator[Example]:
    """Talk comments with real scores of 16 attributes of Perspective."""
    for row in rows(folder / "scores.csv"):
        labels = {output: float(row[column]) for column, output in PERSPECTIVE_COLUMNS.items()}
        yield Example(row["comment_text"], "perspective", labels, PERSPECTIVE_WEIGHT)


def tweets(folder: Path) -> Iterator[Example]:
    """Tweets: shares of annotators; hate speech counts as identity_attack."""
    for row in rows(folder / "labeled_data.csv"):
        count, hate, offensive = (float(row[name]) for name in ("count", "hate_speech", "offensive_language"))
        labels = {"toxicity": (hate + offensive) / count, "identity_attack": hate / count}
        yield Example(_tweet(row["tweet"]), "tweets", labels, TWEET_WEIGHT)


def _tweet(text: str) -> str:
    return LEADING_MARKS.sub("", RETWEET.sub("", html.unescape(text)))


def paradetox(folder: Path) -> Iterator[Example]:
    """Toxic sentences and their neutral rewrites; a pair stays together."""
    for row in rows(folder / "paradetox.tsv", delimiter="\t", quoting=csv.QUOTE_NONE):
        group = row["toxic"]
        yield Example(group, "paradetox", {"toxicity": 1.0}, PARADETOX_WEIGHT, group=group)
        for neutral in filter(None, (row["neutral1"], row["neutral2"], row["neutral3"])):
            yield Example(neutral, "paradetox", {"toxicity": 0.0}, PARADETOX_WEIGHT, group=group)


READERS: Mapping[str, Callable[[Path], Iterator[Example]]] = {
    "wikipedia-toxic": wikipedia_toxic,
    "wikipedia-six-labels": wikipedia_six,
    "wikipedia-context": wikipedia_context,
    "wikipedia-unlabelled": wikipedia_unlabelled,
    "perspective-scores": perspective_scores,
    "civil-spans": civil_spans,
    "tweets-davidson": tweets,
    "paradetox": paradetox,
}


def read_all(data: Path) -> Iterator[Example]:
    """Every example of every folder under `data`, and the project's own.

    Raises:
        TrainingError: If a folder is missing or a row is not of its form.
    """
    for name, reader in READERS.items():
        if not (data / name).is_dir():
            raise TrainingError(f"{data} has no folder {name}.")
        try:
            yield from reader(data / name)
        except (KeyError, ValueError, TypeError) as error:
            raise TrainingError(f"{data / name}: a row is not of the form that is read ({error!r:.80}).") from error
    yield from own_examples()
