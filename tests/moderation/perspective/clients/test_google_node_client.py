"""The real googleapis package on Node, built from our discovery document, against the real server.

`npm ci` in `tests/node` installs it. Where Node or the package is missing the test skips and says so; under `CI=true`
that is a failure.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from moderation.models import Feedback

NODE = Path(settings.BASE_DIR) / "tests" / "node"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def printed(live_server: Any, api_key: Callable[..., str], missing: Callable[[str], None]) -> Any:
    """What `perspective.js` prints, run against the server."""
    node = shutil.which("node")
    if node is None:
        missing("Node")
    if not (NODE / "node_modules" / "googleapis").is_dir():
        missing("googleapis (run `npm ci` in tests/node)")
    command = [str(node), "perspective.js", f"{live_server.url}/$discovery/rest?version=v1alpha1", api_key("analyze")]
    done = subprocess.run(command, cwd=NODE, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_unmodified_program_works_by_its_address_alone(printed: Any) -> None:
    assert set(printed["scores"]["attributeScores"]) == {"TOXICITY", "INSULT@2"}
    assert printed["scores"]["clientToken"] == "t"
    assert max(printed["shown"], key=lambda span: span["value"])["text"] == "You are a stupid idiot!"
    assert printed["partial"] == {"languages": ["en"]}
    assert printed["suggested"]["clientToken"] == "comment:1"
    assert Feedback.objects.get().scores == {"TOXICITY": 1.0}
    errors = printed["errors"]
    types = {name: errors[name]["error"]["details"][0]["errorType"] for name in ("empty", "attribute", "language")}
    assert types == {
        "empty": "COMMENT_EMPTY",
        "attribute": "INVALID_REQUEST",
        "language": "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
    }
    assert errors["key"]["error"]["details"][0]["reason"] == "API_KEY_INVALID"
    assert {name: found["status"] for name, found in errors.items()} == {
        "empty": 400,
        "attribute": 400,
        "language": 400,
        "key": 400,
        "noKey": 403,
    }
