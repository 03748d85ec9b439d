"""The world model opens beside compact, serves what it says, and reads every character."""

from __future__ import annotations

import json

import pytest

from moderation.scoring.catalogue.descriptions import HASHED_FILES, MODELS, describe, verify
from moderation.scoring.inference.tokens import Tokens
from moderation.scoring.results import ATTRIBUTES, Refusal, Result
from moderation.scoring.scorer import open_scorer

FOLDER = MODELS["world"]


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return Tokens(FOLDER / "tokenizer.json")


def test_it_says_what_it_is_and_its_files_are_the_described_ones() -> None:
    world = describe("world@1")
    verify(FOLDER, world)
    assert world.attributes == ATTRIBUTES
    assert "tr" in world.languages
    assert not set(world.languages) & set(world.experimental_languages)
    assert world.size_bytes == sum((FOLDER / name).stat().st_size for name in HASHED_FILES) <= 42_000_000


@pytest.mark.parametrize(
    ("rude", "kind"),
    [
        ("Sen ne aptal bir adamsın, defol git buradan.", "Sen ne iyi bir adamsın, gel otur buraya."),
        ("Bu şerefsizin yazdığı her şey yalan, salak herif.", "Bu yazarın yazdığı her şey çok güzel, eline sağlık."),
    ],
)
def test_a_turkish_insult_is_above_praise(rude: str, kind: str) -> None:
    first, second = open_scorer("world", threads=1).score([rude, kind], languages=["tr", "tr"])
    assert isinstance(first, Result)
    assert isinstance(second, Result)
    assert first.scores["toxicity"] > 0.5 > second.scores["toxicity"]


def test_a_language_that_it_does_not_have_is_refused_by_name() -> None:
    [found] = open_scorer("world", threads=1).score(["Ovo je vrlo dobar članak, hvala."], languages=["hr"])
    assert isinstance(found, Refusal)
    assert found.language is not None
    assert found.language.code == "hr"


@pytest.mark.parametrize("text", ["🌟", "🫠", "🤡", "記者", "Ա", "ሰላም", "ไทย", "ẞ", "\U00020bb7"])
def test_no_character_is_unknown(text: str, tokens: Tokens) -> None:
    assert 3 not in tokens.encode([text])[0]
    assert tokens.encode([text]) != tokens.encode(["🪿"])


def test_ranges_are_those_of_the_words(tokens: Tokens) -> None:
    text = "Sen 🫠 aptalsın"
    _, places = tokens.places(text)
    assert places[0] == (0, 3)
    assert text[places[-1][0] : places[-1][1]]
    assert not any(text[begin:end].startswith(" ") for begin, end in places)
    assert {text[begin:end] for begin, end in places} >= {"Sen", "🫠"}


def test_each_language_has_thresholds_of_its_own() -> None:
    world = describe("world")
    table = json.loads((FOLDER / "thresholds.json").read_text(encoding="utf-8"))
    assert set(table) == {*world.languages, *world.experimental_languages}
    assert all(set(row) == set(ATTRIBUTES) and all(0 < end < 1 for end in row.values()) for row in table.values())
