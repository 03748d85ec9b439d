"""Random requests made from the schema: no answer is a 500, each is one that the schema knows, bad ones are refused.

Schemathesis comes with `requirements-dev.txt`; without it this file is skipped, or fails under CI=true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from importlib import import_module
from importlib.util import find_spec
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

CHECKS = {
    "schemathesis.checks": ("not_a_server_error",),
    "schemathesis.specs.openapi.checks": (
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    ),
}
SNAPSHOT = Path(settings.BASE_DIR) / "docs" / "reference" / "openapi.yaml"
# What the server describes itself by: `tests/moderation/api/responses/test_schema.py` holds the two equal.
DESCRIPTION = yaml.load(SNAPSHOT.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
OPERATIONS = [(path, method) for path, operations in DESCRIPTION["paths"].items() for method in operations]


@pytest.fixture(autouse=True)
def schemathesis_installed(missing: Callable[[str], None]) -> None:
    if find_spec("schemathesis") is None:
        missing("schemathesis (pip install -r requirements-dev.txt)")


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
    checks = [getattr(import_module(module), name) for module, names in CHECKS.items() for name in names]
    schema = import_module("schemathesis").openapi.from_dict(deepcopy(DESCRIPTION))
    schema.app = application

    @hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(case=schema[path][method.upper()].as_strategy())
    def keeps_to_it(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=checks)

    keeps_to_it()
