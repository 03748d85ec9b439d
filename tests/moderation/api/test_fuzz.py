"""Random requests made from the schema: no answer is a 500, each is one that the schema knows, bad ones are refused.

Schemathesis comes with `requirements-dev.txt`; without it this file is skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from archive.models import Comment
from config.wsgi import application

schemathesis = pytest.importorskip("schemathesis", reason="pip install -r requirements-dev.txt")
checks = pytest.importorskip("schemathesis.checks")
openapi_checks = pytest.importorskip("schemathesis.specs.openapi.checks")
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
]


SNAPSHOT = Path(settings.BASE_DIR) / "docs" / "reference" / "openapi.yaml"
# What the server describes itself by: `test_schema.py` holds the two equal.
DESCRIPTION = yaml.load(SNAPSHOT.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
OPERATIONS = [(path, method) for path, operations in DESCRIPTION["paths"].items() for method in operations]


@pytest.fixture(autouse=True)
def connection_kept() -> Iterator[None]:
    """Keeps a request's end from closing the connection whose transaction this test is in, as Django's client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def headers(api_key: Callable[..., str], make_comment: Callable[..., Comment]) -> dict[str, str]:
    """A key that opens everything, in a database that has a comment to ask for."""
    make_comment()
    return {"Authorization": f"Bearer {api_key('read', 'write', 'analyze', 'moderate')}"}


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_an_operation_keeps_to_its_description(headers: dict[str, str], path: str, method: str) -> None:
    schema = schemathesis.openapi.from_dict(deepcopy(DESCRIPTION))
    schema.app = application

    @hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(case=schema[path][method.upper()].as_strategy())
    def keeps_to_it(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    keeps_to_it()
