"""Bytes of a body to a JSON value: strict JSON at full speed, the lenient reading only when that fails."""

import json
from typing import Any, NoReturn

from moderation.json_tokens import MAX_TOKENS, has_too_many_tokens
from moderation.perspective.errors import payload_error
from moderation.perspective.messages import lenient

# Reading leniently is slow; a text of 20 KB with its context is far below this, and a longer body must be strict JSON.
MAX_LENIENT_BYTES = 1 << 18


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_strict = json.JSONDecoder(parse_constant=_refuse_constant)


def read_payload(body: bytes) -> Any:
    """The value of a body; an empty body is an empty message, as Google has it.

    Raises:
        Refused: 400 with the parser's message.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise payload_error("Invalid UTF-8 string.") from None
    if not text.strip():
        return {}
    if has_too_many_tokens(text):
        raise payload_error(f"It has over {MAX_TOKENS:,} names, strings, commas and brackets.")
    try:
        return _strict.decode(text)
    except (ValueError, RecursionError):
        return _read_leniently(text)


def _read_leniently(text: str) -> Any:
    if len(text) > MAX_LENIENT_BYTES:
        raise payload_error("Unexpected token.")
    try:
        return lenient.loads(text)
    except lenient.LenientError as error:
        raise payload_error(str(error)) from None
