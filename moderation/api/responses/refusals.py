"""The parts of a refusal: its code, the fields it is about, the limit that was exceeded.

Separate from `problems.py`, because parsers need it while DRF's views are still being imported.
"""

from collections.abc import Sequence

from rest_framework.exceptions import APIException

from moderation.services.errors import FieldError

# Errors listed in a problem; validation stops after them.
MAX_ERRORS = 100
# Characters of an unknown name shown in its pointer.
NAME_SHOWN = 100

# code → (status, title). The title is the same for each occurrence; the detail varies.
CODES: dict[str, tuple[int, str]] = {
    "parse_error": (400, "The request cannot be read"),
    "validation_error": (400, "The request is not valid"),
    "language_not_supported": (400, "The language is not supported"),
    "not_authenticated": (401, "A valid key is needed"),
    "permission_denied": (403, "Not allowed"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "Method not allowed"),
    "not_acceptable": (406, "No such representation"),
    "conflict": (409, "The present state does not allow this"),
    "precondition_failed": (412, "Changed since it was seen"),
    "too_large": (413, "Too large"),
    "unsupported_media_type": (415, "Unsupported media type"),
    "throttled": (429, "Too many requests"),
    "overloaded": (429, "Overloaded"),
    "internal_error": (500, "Internal error"),
    "unavailable": (503, "Unavailable"),
}


class Problem(APIException):
    """A refusal with its code and the errors of the fields it is about."""

    def __init__(self, code: str, detail: str, errors: Sequence[FieldError] = (), wait: int | None = None) -> None:
        super().__init__(detail, code)
        self.code = code
        self.status_code = CODES[code][0]
        self.errors = tuple(errors)
        if wait is not None:
            self.wait = wait


class LimitedCode(str):
    """An error code that carries the limit that was exceeded through forms and serializers."""

    __slots__ = ("limit",)
    limit: int

    def __new__(cls, code: str, limit: int) -> "LimitedCode":
        made = super().__new__(cls, code)
        made.limit = limit
        return made


def join_pointer(pointer: str, key: object) -> str:
    """Returns the JSON pointer (RFC 6901) one level deeper; names are cut after 100 characters."""
    text = str(key)
    shown = text if len(text) <= NAME_SHOWN else f"{text[:NAME_SHOWN]}…"
    return f"{pointer}/{shown.replace('~', '~0').replace('/', '~1')}"
