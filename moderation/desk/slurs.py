"""Where the slurs of `slurs.txt` stand in a text, so that a page can mask them. For display only."""

import re
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("slurs.txt")
_LOOK_ALIKES = {"a": "a@4", "e": "e3", "i": "i1!", "o": "o0", "s": "s$5", "g": "g9"}
_ANY_LETTER = "*.·_"


def slurs_in(text: str) -> list[tuple[int, int]]:
    """Returns begin and end, in code points, of each slur in the text, in order and without overlap."""
    return [match.span() for match in _pattern().finditer(text)]


@cache
def _pattern() -> re.Pattern[str]:
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    stems = [line for line in lines if line and not line.startswith("#")]
    # By their first letters, so that most words of a text are passed by after one look.
    firsts = sorted({stem[0] for stem in stems})
    words = "|".join(_beginning(first, [stem for stem in stems if stem[0] == first]) for first in firsts)
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


def _beginning(first: str, stems: list[str]) -> str:
    # Longest first, so that two words are not cut to one of them.
    rests = "|".join(_rest(stem) for stem in sorted(stems, key=len, reverse=True))
    return f"{_letter(first, inside=False)}(?:{rests})"


def _rest(stem: str) -> str:
    ending = r"\w*" if stem.endswith("*") else ""
    body = stem.removesuffix("*")
    return "".join(_letter(letter, inside=at < len(body) - 1) for at, letter in enumerate(body[1:], 1)) + ending


def _letter(letter: str, *, inside: bool) -> str:
    if letter in " -":
        return r"[\s-]?"
    alike = _LOOK_ALIKES.get(letter, letter) + (_ANY_LETTER if inside else "")
    return f"[{re.escape(alike)}]+" if alike[0] == letter else re.escape(letter)
