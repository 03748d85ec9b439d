"""How much JSON becomes when it is decoded, told beforehand: brackets alone take fifty times their size in memory."""

from collections.abc import Iterator

# Names, strings, commas and opening brackets in a body; a thousand comments with every field have some 60,000.
MAX_TOKENS = 100_000
SLICE_CHARACTERS = 4_096


def has_too_many_tokens(text: str) -> bool:
    """Says whether a JSON text has over `MAX_TOKENS` names, strings, commas and opening brackets."""
    return len(text) > MAX_TOKENS and token_count(text) > MAX_TOKENS


def token_count(text: str) -> int:
    """Counts them; stops once there are more than `MAX_TOKENS`, and returns what it has by then.

    A slice at a time, so that other threads run in between: one look at ten megabytes keeps them waiting.
    """
    found, outside = 0, True
    for slice_ in _slices(text):
        parts = slice_.replace(r"\\", "").replace(r"\"", "").split('"')
        between = "".join(parts[0 if outside else 1 :: 2])
        found += sum(map(between.count, ",[{")) + (len(parts) - outside) // 2
        outside ^= len(parts) % 2 == 0
        if found > MAX_TOKENS:
            break
    return found


def _slices(text: str) -> Iterator[str]:
    """Yields the text in parts, none of which ends within an escape."""
    at = 0
    while at < len(text):
        end = at + SLICE_CHARACTERS
        while text[end - 1 : end] == "\\":
            end += 1
        yield text[at:end]
        at = end
