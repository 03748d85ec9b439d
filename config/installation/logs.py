"""The logging configuration: one line per event, never with a comment's text, a key or a query string.

Clients choose the path of a request, and the path is logged: whatever would break a line is escaped, and whatever
looks like a key is masked, in every event of every logger, just before it is written.
"""

import logging
import os
import re
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any

import structlog

Event = MutableMapping[str, Any]
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
QUERY_STRING = re.compile(r"\?[^\s\"']*")
# C0 and C1 controls, line separators, bidi controls and lone surrogates.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# The prefix of a key is kept to show its kind: ours, Google's, a parameter, a header.
KEYS = re.compile(
    r"(\bmod_|\bAIza|\bBearer\s++|\bwhsec_|\b(?:key|api_?key|access_token|oauth_token|token|password|secret)(?:=|%3d))[^\s/&\"',;]+",
    re.IGNORECASE,
)


def frames(trace: TracebackType | None) -> list[str]:
    """Returns `file:line function` for each frame, outermost first: no source lines and no values."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def exception_without_message(_logger: Any, _method: str, event: Event) -> Event:
    """Replaces an exception by its type and frames.

    Messages are dropped because database errors quote the row, which holds a reader's text.
    """
    error = event.pop("exc_info", None)
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = type(error).__qualname__
        event["frames"] = frames(error.__traceback__)
    return event


def active_exception(_logger: Any, _method: str, event: Event) -> Event:
    """Turns `exc_info=True` into the exception being handled."""
    if event.get("exc_info") is True:
        import sys

        event["exc_info"] = sys.exc_info()
    return event


def safe_text(text: str) -> str:
    """Returns `text` made safe for a log: on one line and without keys."""
    masked = KEYS.sub(r"\1***", text)
    return UNPRINTABLE.sub(lambda found: found.group().encode("unicode_escape", "surrogatepass").decode(), masked)


def _safe(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return {safe_text(str(name)): _safe(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(item) for item in value]
    return safe_text(value if isinstance(value, str) else repr(value))


def safe_event(_logger: Any, _method: str, event: Event) -> Event:
    """Makes every value of an event safe to write; the last processor before rendering."""
    return {name: _safe(value) for name, value in event.items()}


class QueryStringFilter(logging.Filter):
    """Removes query strings from a record's arguments: the development server logs whole request lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites the record in place and lets it pass."""
        if isinstance(record.args, tuple):
            record.args = tuple(QUERY_STRING.sub("", arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


def logging_settings(*, level: str, json: bool) -> dict[str, Any]:
    """Returns Django's LOGGING: JSON lines in production, readable lines otherwise, all to standard error."""
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
        active_exception,
        exception_without_message,
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    last = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"no_query_string": {"()": QueryStringFilter}},
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": before,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, safe_event, last],
            }
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_query_string"]},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would print the same line again, with the message of the exception.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # SQL carries comment text.
            "django.db.backends": {"level": "INFO"},
            "axes": {"level": "WARNING"},
        },
    }


def gunicorn_logging() -> dict[str, Any]:
    """Returns gunicorn's `logconfig_dict`, which formats its lines like Django's, on standard error."""
    production = os.environ.get("MODERATO_ENV") == "production"
    whole = logging_settings(level=os.environ.get("LOG_LEVEL", "INFO"), json=production)
    own = {"handlers": ["stderr"], "level": "INFO", "propagate": False}
    return {**whole, "loggers": {"gunicorn.error": own, "gunicorn.access": own}}
