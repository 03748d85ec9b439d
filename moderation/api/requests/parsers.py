"""Parses request bodies: strict UTF-8 JSON of limited size, with clear errors for everything else."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from moderation.api.responses.refusals import MAX_ERRORS, NAME_SHOWN, Problem, join_pointer
from moderation.gzip_bodies import GZIP_NAMES, GzipError, GzipTooLargeError, gzip_unpacked
from moderation.json_tokens import MAX_TOKENS, has_too_many_tokens
from moderation.services.errors import FieldError

# Escapes that may stand for characters no text may contain: NUL, and lone surrogates.
SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})")
SURROGATE = re.compile("[\ud800-\udfff]")
LONG_BYTES = 65_536
_LONG_TURN = Lock()
CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.IGNORECASE)
UTF8_NAMES = {"utf-8", "utf8"}


def body_too_large() -> Problem:
    """Returns the problem for a body over MODERATION_MAX_BODY_BYTES."""
    limit = settings.MODERATION_MAX_BODY_BYTES
    detail = f"The body is over {limit:,} bytes."
    return Problem("too_large", detail, (FieldError("", "too_large", detail, limit),))


def body_read(stream: IO[bytes], declared: int | None) -> bytes:
    """Returns the whole body; reads at most one byte past the limit, whatever length was declared."""
    limit = settings.MODERATION_MAX_BODY_BYTES
    if declared is not None and declared > limit:
        raise body_too_large()
    try:
        raw = stream.read(limit + 1)
    except OSError as error:
        raise ParseError("The body ended before its declared length, or a chunk of it is malformed.") from error
    if len(raw) > limit:
        raise body_too_large()
    return raw


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ParseError("A number is outside the range of JSON numbers.")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ParseError(f"{name} is not JSON.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        # Parsers differ in which value of a repeated key they keep.
        raise ParseError("A key occurs twice in one object.")
    return found


def json_decode(text: str) -> Any:
    """Returns the value of strict JSON: no NaN or infinity, no repeated keys, bounded depth and size."""
    if has_too_many_tokens(text):
        raise ParseError(f"The JSON has over {MAX_TOKENS:,} names, strings, commas and brackets.")
    try:
        return json.loads(text, parse_float=_finite, parse_constant=_no_constant, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise ParseError(f"JSON breaks at line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except RecursionError:
        raise ParseError("The JSON is nested too deep.") from None
    except ValueError:
        raise ParseError("A number has too many digits.") from None


def _character_error(text: str, pointer: str) -> FieldError | None:
    if "\x00" in text:
        return FieldError(pointer, "null_character", "A NUL character is not allowed.")
    if SURROGATE.search(text):
        return FieldError(pointer, "lone_surrogate", "A lone surrogate is not a character.")
    return None


def _children(pointer: str, item: Any) -> Iterator[tuple[str, Any]]:
    """Yields (pointer, child) for the items of a list, or for the keys and values of an object."""
    if isinstance(item, list):
        yield from ((f"{pointer}/{index}", child) for index, child in enumerate(item))
    elif isinstance(item, dict):
        for key, child in item.items():
            inner = join_pointer(pointer, key)
            yield inner, key
            yield inner, child


def _strings(value: Any) -> Iterator[tuple[str, str]]:
    """Yields (pointer, string) for each string and each key, iteratively."""
    waiting = [iter([("", value)])]
    while waiting:
        pointer, item = next(waiting[-1], (None, None))
        if pointer is None:
            waiting.pop()
        elif isinstance(item, str):
            yield pointer, item
        elif isinstance(item, list | dict):
            waiting.append(_children(pointer, item))


def refuse_bad_characters(value: Any) -> None:
    """Raises a Problem that lists up to a hundred strings with a NUL or a lone surrogate."""
    found = (error for pointer, text in _strings(value) if (error := _character_error(text, pointer)))
    errors = list(islice(found, MAX_ERRORS))
    if errors:
        raise Problem("validation_error", "Some texts contain characters that are not allowed.", tuple(errors))


def _check_charset(media_type: str | None) -> None:
    found = CHARSET.search(media_type or "")
    if found and found.group(1).lower() not in UTF8_NAMES:
        raise UnsupportedMediaType(str(media_type), "A body is read as UTF-8 only.")


def body_unpacked(raw: bytes, encoding: str) -> bytes:
    """Returns the body without its Content-Encoding, of which gzip is read; never more than the limit is unpacked.

    Raises UnsupportedMediaType for another encoding, ParseError for broken gzip, and a Problem for too large a body.
    """
    if encoding in {"", "identity"}:
        return raw
    if encoding not in GZIP_NAMES:
        raise UnsupportedMediaType(encoding[:NAME_SHOWN], "A body is sent as it is, or with Content-Encoding: gzip.")
    try:
        return gzip_unpacked(raw, settings.MODERATION_MAX_BODY_BYTES)
    except GzipTooLargeError:
        raise body_too_large() from None
    except GzipError as error:
        raise ParseError(str(error)) from None


def _declared_length(meta: Mapping[str, Any]) -> int | None:
    value = str(meta.get("CONTENT_LENGTH") or "")
    return int(value) if value.isascii() and value.isdigit() else None


def body_text(stream: IO[bytes], media_type: str | None, parser_context: Mapping[str, Any] | None) -> str:
    """Returns the body as text; raises ParseError, Problem (too large) or UnsupportedMediaType."""
    _check_charset(media_type)
    meta = parser_context["request"].META if parser_context else {}
    encoding = str(meta.get("HTTP_CONTENT_ENCODING", "")).strip().lower()
    raw = body_unpacked(body_read(stream, _declared_length(meta)), encoding)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParseError(f"The body is not UTF-8: byte {error.start} is invalid.") from None


class StrictJSONParser(BaseParser):
    """application/json, read strictly."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Returns the decoded body; raises ParseError, Problem (too large, bad characters) or UnsupportedMediaType."""
        text = body_text(stream, media_type, parser_context)
        # One long body at a time: while it is decoded no other thread runs, and several would follow each other.
        with _LONG_TURN if len(text) > LONG_BYTES else nullcontext():
            value = json_decode(text)
        if SUSPECT_ESCAPE.search(text):
            refuse_bad_characters(value)
        return value


@dataclass(frozen=True, slots=True)
class FileBody:
    """A body that is a file: its text, and its `form`, `csv` or `lines`."""

    form: str
    text: str


class CsvParser(BaseParser):
    """text/csv."""

    media_type = "text/csv"
    form = "csv"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Returns the body as a `FileBody`; raises what `body_text` does."""
        return FileBody(self.form, body_text(stream, media_type, parser_context))


class LinesParser(CsvParser):
    """text/plain, a thing a line."""

    media_type = "text/plain"
    form = "lines"
