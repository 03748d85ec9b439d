"""Reads the sets of every language: the native ones, pairs of translations, and the English splits.

No file that is for judging is read into training: `dev-*` and `*-dev` are only used to leave out what resembles them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from moderation.training.data.cleaning import clean
from moderation.training.examples import Example, TrainingError
from moderation.training.world.rows import Row

FOLDER = "multilingual"
# How often a pass sees a row: small sets more often, for they are all that there is of their language.
WEIGHTS = {"tr-lingda": 0.7, "zh-cold": 1.0, "de-germeval2018": 2.5, "ko-curse": 2.5, "fr-mlma": 1.0, "ar-mlma": 1.0}
FILES = {
    "tr-lingda": "tr-lingda-train",
    "zh-cold": "zh-cold-train",
    "de-germeval2018": "de-germeval2018-train",
    "ko-curse": "ko-curse-train",
    "fr-mlma": "fr-mlma",
    "ar-mlma": "ar-mlma",
}
# Noisy, and nearly all of it abusive.
NOISY = 0.3
FEELINGS = {"normal": 0.0, "fearful": 0.3, "disrespectful": 0.7, "offensive": 1.0, "abusive": 1.0, "hateful": 1.0}
KINDS: Mapping[str, Mapping[str, float]] = {
    "other": {"obscene": 0.0, "insult": 0.0, "identity_attack": 0.0},
    "profanity": {"obscene": 1.0},
    "insult": {"insult": 1.0},
    "abuse": {"identity_attack": 1.0},
}
TATOEBA = {
    "ara": "ar",
    "ces": "cs",
    "cmn": "zh",
    "deu": "de",
    "fra": "fr",
    "hin": "hi",
    "ind": "id",
    "ita": "it",
    "jpn": "ja",
    "kor": "ko",
    "nld": "nl",
    "pol": "pl",
    "por": "pt",
    "rus": "ru",
    "spa": "es",
    "swe": "sv",
    "tur": "tr",
    "ukr": "uk",
}
PAIR = "tatoeba"


def native(data: Path) -> Iterator[Row]:
    """The rows of every native set.

    Raises:
        TrainingError: If a file is missing or a row is not of its form.
    """
    for name, file in FILES.items():
        for fields in lines(data / FOLDER / f"{file}.jsonl"):
            try:
                people, heed = _people(fields), NOISY if "sentiment" in fields else 1.0
                text, language = cleaned(fields["text"]), fields["language"]
            except KeyError as error:
                raise TrainingError(f"{file}.jsonl has a row without {error}.") from error
            if text:
                yield Row(text, name, language, people, weight=WEIGHTS[name], heed=heed)


def _people(fields: Mapping[str, Any]) -> Mapping[str, float]:
    if "sentiment" in fields:
        felt = [FEELINGS[one] for one in fields["sentiment"].split("_") if one in FEELINGS]
        return {"toxicity": sum(felt) / len(felt)} if felt else {}
    return {"toxicity": float(fields["offensive"]), **KINDS.get(fields.get("kind", ""), {})}


def pairs(data: Path) -> Iterator[tuple[str, str, str]]:
    """Language, sentence, and its English translation, of every pair of Tatoeba's.

    Raises:
        TrainingError: If a file is missing.
    """
    for name, language in TATOEBA.items():
        begin = data / FOLDER / "tatoeba" / f"{name}-eng"
        own, english = (_texts(begin.with_suffix(f".{side}")) for side in (name, "eng"))
        yield from ((language, a.strip(), b.strip()) for a, b in zip(own, english, strict=True) if a.strip())


def judged(data: Path) -> Iterator[str]:
    """Every text that a model is judged by."""
    for path in sorted((data / FOLDER).glob("*.jsonl")):
        if path.stem.startswith("dev-") or path.stem.endswith("-dev"):
            yield from (fields["text"] for fields in lines(path))


def profanity(data: Path, language: str) -> list[str]:
    """The words of both lists for a language, none if they have none."""
    files = sorted((data / FOLDER).glob(f"profanity-*/{language}.txt"))
    return sorted({word.strip() for path in files for word in _texts(path) if word.strip()})


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file of JSON lines.

    Raises:
        TrainingError: If it is missing or is no such file.
    """
    try:
        yield from (json.loads(line) for line in _texts(path))
    except ValueError as error:
        raise TrainingError(f"{path} is no file of JSON lines.") from error


def cleaned(text: str) -> str:
    """The text as it is trained on; empty if it says nothing."""
    found = clean(Example(text, PAIR))
    return found.text if found else ""


def _texts(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path} cannot be read: {type(error).__name__}.") from error
