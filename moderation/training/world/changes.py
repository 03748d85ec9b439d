"""How people write when they write a language otherwise than in its books: by rule, labels unchanged.

Turkish without its own letters, any script in Latin ones (`anyascii`), lower case, words in disguise.
"""

from __future__ import annotations

import random
from dataclasses import replace

from anyascii import anyascii

from moderation.training.augmentation.counterfactuals import counterfactual
from moderation.training.augmentation.perturbation import perturbed
from moderation.training.examples import Example
from moderation.training.world.rows import Row

PLAIN_TURKISH = str.maketrans("ıİşŞğĞçÇöÖüÜâÂîÎ", "iIsSgGcCoOuUaAiI")
# Languages that are often typed in Latin letters. Arabic loses its short vowels so, unlike what people type.
ROMANISED = {"hi": 0.4, "ru": 0.08, "uk": 0.08, "ar": 0.05}
# Turkish typed on a keyboard without its letters.
PLAIN, LOWER, DISGUISED = 0.2, 0.1, 0.1
NAMED, UNNAMED = 0.3, 0.2


def changed(row: Row, chance: random.Random) -> Row:
    """The row as this pass sees it."""
    if row.language == "en" and row.set != PAIRED and (other := _about_others(row, chance)):
        return other
    text = row.text
    if row.language == "tr" and chance.random() < PLAIN:
        text = text.translate(PLAIN_TURKISH)
    elif chance.random() < ROMANISED.get(row.language, 0.0):
        return replace(row, text=anyascii(text), spans=None)
    elif chance.random() < LOWER and len(text.lower()) == len(text):
        text = text.lower()
    if chance.random() < DISGUISED:
        rough = perturbed(Example(text, row.set, spans=row.spans), chance)
        return replace(row, text=rough.text, spans=rough.spans)
    return replace(row, text=text)


PAIRED = "tatoeba"


def _about_others(row: Row, chance: random.Random) -> Row | None:
    """An English text about another group; what teachers said of it no longer holds on Perspective's scale."""
    other = counterfactual(Example(row.text, row.set, spans=row.spans), chance, named=NAMED, unnamed=UNNAMED)
    if other is None:
        return None
    soft = {name: share for name, share in row.soft.items() if not name.startswith("perspective_")}
    return replace(row, text=other.text, spans=other.spans, soft=soft)
