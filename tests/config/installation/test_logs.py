"""No reader's words, no key and no query string reach a log."""

import json
import logging
import logging.config
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog
from django.conf import settings
from django.test import Client

from config.installation.logs import gunicorn_logging, logging_settings

CANARY = "canary-7f3a"


@pytest.fixture(params=[True, False], ids=["production", "development"])
def log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    stream = StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logging.config.dictConfig(logging_settings(level="DEBUG", json=request.param))
    yield stream
    monkeypatch.undo()
    logging.config.dictConfig(settings.LOGGING)


def test_an_exception_is_logged_by_its_type_and_place_and_without_its_message(log: StringIO) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger("django.request").exception("failed: %s", "/api/v1/comments/")
    assert CANARY not in log.getvalue()
    assert "ValueError" in log.getvalue()
    assert "test_logs.py" in log.getvalue()


def test_the_cause_of_an_exception_is_not_quoted_either(log: StringIO) -> None:
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as error:
            raise RuntimeError("outer") from error
    except RuntimeError:
        logging.getLogger("moderation").exception("failed")
    assert CANARY not in log.getvalue()


def test_query_strings_are_cut_from_a_request_line(log: StringIO) -> None:
    logging.getLogger("django.server").info('"%s" %s %s', f"GET /api/v1/?key={CANARY} HTTP/1.1", "200", "2")
    assert CANARY not in log.getvalue()
    assert "GET /api/v1/" in log.getvalue()


@pytest.mark.django_db
def test_a_request_is_logged_with_its_path_and_not_its_query(log: StringIO) -> None:
    Client().get(f"/admin/login/?next=/{CANARY}", HTTP_HOST="localhost")
    assert "/admin/login/" in log.getvalue()
    assert CANARY not in log.getvalue()


BREAKS = ["\n", "\r", "\r\n", "\x00", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u2029", "\u202e", "\ud800", "\v", "\f"]


@pytest.mark.parametrize("broken", BREAKS, ids=ascii)
@pytest.mark.parametrize("name", ["django.server", "django.request", "gunicorn.access", "another.library"])
def test_nothing_that_is_logged_breaks_its_line(log: StringIO, broken: str, name: str) -> None:
    logger = logging.getLogger(name)
    logger.handlers, logger.propagate = [], True
    logger.warning("asked for: %s", f"/x{broken}forged")
    structlog.get_logger(name).warning("asked", path=f"/x{broken}forged", all=[{"in": (f"/y{broken}z",)}])
    lines = log.getvalue().split("\n")
    assert len(lines) == 3
    assert lines[2] == ""
    assert all(line.isprintable() for line in lines)
    assert all("forged" in line for line in lines[:2])


def test_what_is_no_text_is_written_safely_too(log: StringIO) -> None:
    logging.getLogger("django").warning("%s and %r", ValueError("a\nb"), {"a": "\n"})
    structlog.get_logger("django").warning("odd", value=ValueError("a\nb"), more={"k\n": 1, "n": None, "f": 1.5})
    assert log.getvalue().count("\n") == 2


KEY = "f00dfeed" * 8
HIDDEN = [
    f"/api/v1/mod_{KEY}/",
    f"/v1alpha1/comments:analyze/key=AIza{KEY}",
    f"/v1alpha1/AIza{KEY}:analyze",
    f"/x/key={KEY}",
    f"/x/access_token%3D{KEY}&a=1",
    f"Authorization: Bearer {KEY}",
    f"password={KEY}",
    f"whsec_{KEY}",
]


@pytest.mark.parametrize("text", HIDDEN)
def test_what_looks_like_a_key_is_masked_wherever_it_stands(log: StringIO, text: str) -> None:
    logging.getLogger("django.request").warning("Not Found: %s", text)
    logging.getLogger("django.server").warning('"%s" %s', f"GET {text} HTTP/1.1", "404")
    structlog.get_logger("any").warning("asked", request=f"GET {text}", event_id=1)
    assert log.getvalue().count("***") == 3
    assert KEY[:8] not in log.getvalue()


def test_what_only_begins_like_a_key_is_left_alone(log: StringIO) -> None:
    logging.getLogger("django").warning("moderation.models key 3 of monkey=3 /modes/ a bearer of news keys=3")
    assert "moderation.models key 3 of monkey=3 /modes/" in log.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/x%0aforged", "/v1alpha1/x%0d%0aforged", "/admin/x%e2%80%a8forged"])
def test_a_request_cannot_forge_a_line(log: StringIO, path: str) -> None:
    Client(raise_request_exception=False).get(f"{path}/mod_{KEY}", HTTP_HOST="localhost")
    lines = [line for line in log.getvalue().splitlines() if "forged" in line]
    assert lines
    assert all("GET" in line or "Not Found" in line for line in lines)
    assert KEY[:8] not in log.getvalue()


def test_gunicorns_lines_are_written_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("MODERATO_ENV", "production")
    logging.config.dictConfig(gunicorn_logging())
    try:
        logging.getLogger("gunicorn.access").info("%(h)s %(U)s", {"h": "203.0.113.9", "U": f"/x\nforged/mod_{KEY}"})
    finally:
        for name in ("gunicorn.access", "gunicorn.error"):
            logging.getLogger(name).handlers = []
        monkeypatch.undo()
        logging.config.dictConfig(settings.LOGGING)
    assert json.loads(stream.getvalue())["event"] == "203.0.113.9 /x\\nforged/mod_***"
    assert stream.getvalue().count("\n") == 1


def test_production_logs_are_lines_of_json() -> None:
    processors = logging_settings(level="INFO", json=True)["formatters"]["line"]["processors"]
    shown = processors[-1](None, "info", {"event": "started"})
    assert json.loads(shown) == {"event": "started"}
