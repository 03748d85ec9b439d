"""The project's own sentences in other languages, for what no public set of theirs has.

Written for it under its licence (`sentences.json`), as frames and what fills them: hateful without a swear word, kind
with the same groups, insulting, threatening, and harmless with the words of threats and insults. Lists of profanity,
which are read with the data, fill a frame too. A frame with all that fills it falls into one part, so held-out
sentences have other frames than those that were trained on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from moderation.scoring.results import ATTRIBUTES
from moderation.training.world.rows import PERSPECTIVE, Row
from moderation.training.world.sets import profanity

FILE = Path(__file__).with_name("sentences.json")
OWN, WORDS = "own-world", "own-words"
NONE = dict.fromkeys((*ATTRIBUTES, *PERSPECTIVE), 0.02)
# Kind → what fills it, and what it is worth on each output; on Perspective's scale a little less.
MEANT: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "hateful": ("groups", {"toxicity": 0.9, "identity_attack": 0.85, "insult": 0.5, "severe_toxicity": 0.2}),
    "kind": ("groups", {"toxicity": 0.04, "identity_attack": 0.03}),
    "insulting": ("insults", {"toxicity": 0.92, "insult": 0.92, "obscene": 0.3, "severe_toxicity": 0.1}),
    "threats": ("", {"toxicity": 0.85, "threat": 0.9, "severe_toxicity": 0.3, "insult": 0.15}),
    "harmless": ("", {}),
}
PROFANE = {"toxicity": 0.75, "obscene": 0.8, "insult": 0.4, "sexual_explicit": 0.3}
FRAMES = ("{P}", "{P}!!!", "… {P} …", "{P} :)")
# Frames without fillers are few.
ALONE = 4.0
OFTEN = 0.8
SCALED = 0.8


def rows(data: Path) -> Iterator[Row]:
    """Every sentence of every language, and every word of the lists of profanity."""
    for language, kinds in json.loads(FILE.read_text(encoding="utf-8")).items():
        for kind, (filler, meant) in MEANT.items():
            for frame in kinds[kind]:
                yield from _filled(frame, kinds[filler] if filler else [""], language, kind, soft_of(meant))
        yield from _words(profanity(data, language), language)


def soft_of(meant: Mapping[str, float]) -> dict[str, float]:
    """What is meant on every output."""
    scale = {f"perspective_{name}": SCALED * share for name, share in meant.items() if f"perspective_{name}" in NONE}
    return {**NONE, **scale, **meant}


def _filled(frame: str, fillers: Sequence[str], language: str, kind: str, soft: dict[str, float]) -> Iterator[Row]:
    for filler in fillers:
        text = frame.replace("{G}", filler).replace("{I}", filler)
        text = text[:1].upper() + text[1:]
        begin = text.casefold().find(filler.casefold()) if kind == "insulting" else -1
        spans = ((begin, begin + len(filler), 1.0),) if begin >= 0 else None
        weight = OFTEN if len(fillers) > 1 else ALONE
        yield Row(text, OWN, language, {}, soft, weight, spans=spans, group=f"{language} {kind} {frame}")


def _words(words: Sequence[str], language: str) -> Iterator[Row]:
    for place, word in enumerate(words):
        frame = FRAMES[place % len(FRAMES)]
        begin = frame.index("{P}")
        text = frame.replace("{P}", word)
        spans = ((begin, begin + len(word), 1.0),)
        yield Row(text, WORDS, language, {}, soft_of(PROFANE), 0.5, spans=spans, group=f"{language} {word}")
