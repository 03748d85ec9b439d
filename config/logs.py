"""The logging configuration: one line an event, and never a comment's text, a key or a query string in it."""

import logging
import re
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

Event = MutableMapping[str, Any]
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
QUERY_STRING = re.compile(r"\?[^\s\"']*")


def frames(trace: TracebackType | None) -> list[str]:
    """Returns `file:line function` for each frame, outermost first: no source lines and no values."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def exception_without_message(_logger: Any, _method: str, event: Event) -> Event:
    """Replaces an exception by its type and frames.

    Messages are dropped because database errors quote the row, and the row holds a reader's words.
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


class QueryStringFilter(logging.Filter):
    """Cuts query strings out of a record's arguments: the development server logs whole request lines."""

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
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
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
