"""The own sentences of other languages: opposites in each, and frames that fall into one part."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from moderation.scoring.results import ATTRIBUTES
from moderation.training.data.splitting import part_of
from moderation.training.examples import Example
from moderation.training.world import sentences
from moderation.training.world.encoder.vocabulary import LANGUAGES


def test_every_language_but_english_has_sentences_of_each_kind() -> None:
    found = json.loads(sentences.FILE.read_text(encoding="utf-8"))
    assert set(found) == set(LANGUAGES) - {"en"}
    for language, kinds in found.items():
        for kind in ("groups", "insults", *sentences.MEANT):
            assert len(kinds[kind]) == len(set(kinds[kind])) > 5, (language, kind)
        assert all("{G}" in frame for frame in [*kinds["hateful"], *kinds["kind"]]), language
        assert all("{I}" in frame for frame in kinds["insulting"]), language


def test_a_frame_is_whole_in_one_part_and_means_one_thing(world_data: Path) -> None:
    parts, meant = defaultdict(set), defaultdict(set)
    for one in sentences.rows(world_data):
        assert "{" not in one.text
        parts[one.group].add(part_of(Example(one.text, one.set, group=one.group)))
        meant[one.group].add(one.soft["toxicity"])
    assert {len(found) for found in parts.values()} == {1}
    assert {len(found) for found in meant.values()} == {1}


def test_opposites_are_both_there_and_spans_cover_the_insult(world_data: Path) -> None:
    rows = [one for one in sentences.rows(world_data) if one.language == "tr"]
    assert {one.soft["toxicity"] > 0.5 for one in rows} == {True, False}
    insulting = [one for one in rows if " insulting " in one.group]
    assert {one.text[begin:end].casefold() for one in insulting for begin, end, _ in one.spans or ()} >= {"aptal"}
    [word] = [one for one in rows if one.set == sentences.WORDS]
    assert "aptalca" in word.text
    assert set(ATTRIBUTES) < set(word.soft)
