"""JSON as Google's parser takes it, for bodies that strict JSON refuses.

Beyond strict JSON: bare keys (`{comment: …}`), strings in single quotes, trailing commas, raw control characters in
strings, unknown escapes (`\\'`). Messages are those of protobuf's `json_stream_parser`, which clients see when Google
refuses. At most `MAX_DEPTH` levels are followed.
"""

import math
import re
from typing import Any, NoReturn

MAX_DEPTH = 100
SHOWN = 20
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
KEYWORDS = {"true": True, "false": False, "null": None}

_SPACE = re.compile(r"[ \t\n\r\f\v]*")
_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_KEYWORD = re.compile(r"true|false|null")
_NUMBER = re.compile(r"[-+0-9.eE]+")
_STRICT_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_PLAIN = {'"': re.compile(r'[^"\\]*'), "'": re.compile(r"[^'\\]*")}
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_HIGH, _LOW = range(0xD800, 0xDC00), range(0xDC00, 0xE000)
MAX_INTEGER = 18


class LenientError(ValueError):
    """A text that even the lenient reading refuses; its message shows the place, so it is for the caller alone."""


def loads(text: str) -> Any:
    """The value of a text.

    Raises:
        LenientError: With Google's message and the place.
    """
    return _LenientReader(text).document()


class _LenientReader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def document(self) -> Any:
        value = self.value("Expected a value.")
        self.space()
        if self.at < len(self.text):
            self.fail("Parsing terminated before end of input.")
        return value

    def fail(self, message: str) -> NoReturn:
        begin = max(0, self.at - SHOWN)
        shown = self.text[begin : self.at + SHOWN]
        raise LenientError(f"{message}\n{shown}\n{' ' * (self.at - begin)}^")

    def unknown(self, message: str) -> NoReturn:
        self.fail(message if self.at < len(self.text) else f"Unexpected end of string. {message}")

    def space(self) -> str:
        """Skips white space and returns the next character, empty at the end."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def value(self, expected: str) -> Any:
        character = self.space()
        if character in ("{", "["):
            return self.container(character)
        if character in ('"', "'"):
            return self.string(character)
        if character and character in "-0123456789":
            return self.number()
        if found := _KEYWORD.match(self.text, self.at):
            self.at = found.end()
            return KEYWORDS[found.group()]
        return self.unknown(expected)

    def container(self, opening: str) -> Any:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail("Message too deep. Max recursion depth reached.")
        self.at += 1
        found = self.members() if opening == "{" else self.items()
        self.depth -= 1
        return found

    def members(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (character := self.space()) != "}":
            key = self.key(character)
            if self.space() != ":":
                self.unknown("Expected : between key:value pair.")
            self.at += 1
            found[key] = self.value("Expected a value.")
            self.separator("}", "Expected , or } after key:value pair.")
        self.at += 1
        return found

    def items(self) -> list[Any]:
        found: list[Any] = []
        while self.space() != "]":
            found.append(self.value("Expected a value or ] within an array."))
            self.separator("]", "Expected , or ] after array value.")
        self.at += 1
        return found

    def separator(self, closing: str, expected: str) -> None:
        """Skips a comma; a trailing one is fine."""
        character = self.space()
        if character == ",":
            self.at += 1
        elif character != closing:
            self.unknown(expected)

    def key(self, character: str) -> str:
        if character in ('"', "'"):
            return self.string(character)
        found = _KEY.match(self.text, self.at)
        if not found or found.group() in KEYWORDS:
            self.unknown("Expected an object key or }.")
        self.at = found.end()
        return found.group()

    def number(self) -> int | float:
        found = _NUMBER.match(self.text, self.at)
        written = found.group() if found else ""
        strict = _STRICT_NUMBER.fullmatch(written)
        if not strict:
            self.fail("Unable to parse number.")
        if not any(strict.groups()) and len(written) <= MAX_INTEGER:
            value: int | float = int(written)
        elif not math.isfinite(value := float(written)):
            self.fail("Number exceeds the range of double.")
        self.at += len(written)
        return value

    def string(self, quote: str) -> str:
        begin = self.at
        self.at += 1
        parts: list[str] = []
        while True:
            found = _PLAIN[quote].match(self.text, self.at)
            parts.append(found.group() if found else "")
            self.at += len(parts[-1])
            if self.text[self.at : self.at + 1] == quote:
                self.at += 1
                return "".join(parts)
            if self.at + 1 >= len(self.text):
                self.at = begin
                self.fail("Closing quote expected in string.")
            parts.append(self.escape())

    def escape(self) -> str:
        character = self.text[self.at + 1]
        self.at += 2
        if character != "u":
            return ESCAPES.get(character, character)
        code = self.code_unit()
        if code in _HIGH and self.text.startswith("\\u", self.at):
            begin = self.at
            self.at += 2
            low = self.code_unit()
            if low in _LOW:
                return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))
            self.at = begin
        return chr(code)

    def code_unit(self) -> int:
        found = _HEX.match(self.text, self.at)
        if not found:
            self.fail("Invalid escape sequence.")
        self.at = found.end()
        return int(found.group(), 16)
