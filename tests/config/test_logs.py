"""No reader's words, no key and no query string reach a log."""

import json
import logging
import logging.config
from collections.abc import Iterator
from io import StringIO

import pytest
from django.conf import settings
from django.test import Client

from config.logs import logging_settings

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


def test_production_logs_are_lines_of_json() -> None:
    processors = logging_settings(level="INFO", json=True)["formatters"]["line"]["processors"]
    shown = processors[-1](None, "info", {"event": "started"})
    assert json.loads(shown) == {"event": "started"}
