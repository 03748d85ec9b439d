"""The Latin letters that other characters are read as: look-alikes from other scripts, styled letters, leetspeak."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Characters of other scripts that look like Latin letters. Selected by eye from Unicode's confusables (UTS 39) and from
# the "faux Cyrillic" that people type; if there are several letters, the likeliest comes first.
_PAIRS = (
    "а=a б=b в=b г=r д=da е=e ё=e ѐ=e и=nu і=i ї=i ј=j к=k л=n м=m н=hn о=o п=n р=p с=c т=t у=y ў=y ф=o х=x ц=u ч=y "
    "ш=w щ=w ъ=b ь=b э=e я=r ѕ=s һ=h ԁ=d ԛ=q ԝ=w ғ=f ҝ=k қ=k ң=h ұ=y ү=y ҳ=x ө=o ә=e ӏ=l "
    "α=a ά=a β=b γ=y δ=d ε=e έ=e ζ=z η=nh ή=nh θ=o ι=i ί=i κ=k λ=l μ=u ν=v ο=o ό=o π=n ρ=p ς=s σ=os τ=t υ=u ύ=u φ=o "
    "χ=x ω=w ώ=w ϲ=c ϳ=j "
    "օ=o ս=u հ=h ո=n զ=q ց=g յ=j ք=p ռ=n ե=t ր=n տ=s "
    "Ꭺ=a Ᏼ=b Ꮯ=c Ꭰ=d Ꭼ=e Ꮐ=g Ꮋ=h Ꭵ=i Ꭻ=j Ꮶ=k Ꮮ=l Ꮇ=m Ꮲ=p Ꮢ=r Ꮪ=s Ꭲ=t Ꮩ=v Ꮃ=w Ꮓ=z "
    "Β=b Η=h Κ=k Μ=m Ν=n Ρ=p Υ=y Χ=x Ζ=z В=b Н=h Р=p С=c Т=t У=y Х=x"
)
LOOK_ALIKES = {pair[0]: pair[2:] for pair in _PAIRS.split()}
# Digits and marks that people write for letters.
FIGURES = dict(zip("0123456789", ("o", "il", "z", "e", "a", "s", "gb", "t", "b", "g"), strict=True)) | dict(
    zip("@$!|+€£¥¢§¡", ("a", "s", "il", "il", "t", "e", "l", "y", "c", "s", "i"), strict=True)
)
# `LATIN LETTER SMALL CAPITAL I`, `LATIN SMALL LETTER D WITH HOOK`, `NEGATIVE SQUARED LATIN CAPITAL LETTER A`,
# `REGIONAL INDICATOR SYMBOL LETTER A`: Unicode's names say which letter they are forms of.
_KIND = re.compile(r"(?:LATIN|SYMBOL) ")
_LETTER = re.compile(r"\b([A-Z])(?: WITH |(?: ROTUNDA)?$)")
_SCRIPTS = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")


@lru_cache(maxsize=4096)
def latin(character: str) -> str:
    """The lower-case Latin letters that a character may be read as, likeliest first; empty if it is no look-alike."""
    if character.isascii():
        return character.lower() if character.isalpha() else ""
    parts = [c for c in unicodedata.normalize("NFKD", character) if not unicodedata.category(c).startswith("M")]
    if len(parts) == 1 and parts[0].isascii() and parts[0].isalpha():
        return parts[0].lower()
    found = LOOK_ALIKES.get(character) or LOOK_ALIKES.get(character.lower())
    if found:
        return found
    name = unicodedata.name(character, "")
    kind = _KIND.search(name)
    named = _LETTER.search(name, kind.end()) if kind else None
    return named[1].lower() if named else ""


@lru_cache(maxsize=4096)
def is_disguise(character: str) -> bool:
    """Whether a character among Latin ones is a disguised Latin letter: from another script, or styled."""
    if character.isascii():
        return False
    name = unicodedata.name(character, "")
    return bool(latin(character)) and not name.startswith(("LATIN SMALL LETTER", "LATIN CAPITAL LETTER"))


@lru_cache(maxsize=4096)
def is_foreign(character: str) -> bool:
    """Whether a letter belongs to a script that has look-alikes of Latin letters."""
    return not character.isascii() and unicodedata.name(character, "").startswith(_SCRIPTS)
