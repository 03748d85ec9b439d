"""Places in a text, from code points to UTF-16 code units, which is how JavaScript and the Perspective API count."""

from bisect import bisect_left
from collections.abc import Sequence


def utf16_offsets(text: str, ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges of code points as ranges of UTF-16 code units: a character beyond U+FFFF counts twice."""
    if text.isascii():
        return list(ranges)
    wide = [place for place, character in enumerate(text) if character > "\uffff"]
    return [(begin + bisect_left(wide, begin), end + bisect_left(wide, end)) for begin, end in ranges]
