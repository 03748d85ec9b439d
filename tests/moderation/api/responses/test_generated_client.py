"""A client that openapi-python-client makes of the API's description: its calls and its models fit the server.

The generator is installed by `.ci/run`; without it this file is skipped, or fails under CI=true.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings

from archive.models import Article

SCHEMA = Path(settings.BASE_DIR) / "docs" / "reference" / "openapi.yaml"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, missing: Callable[[str], None]) -> Callable[[str], ModuleType]:
    """Imports a module of the generated client."""
    if importlib.util.find_spec("openapi_python_client") is None:
        missing("openapi-python-client (.ci/run installs it)")
    folder = tmp_path_factory.mktemp("client")
    config = folder / "config.json"
    # The generator knows neither files of lines nor of columns, and takes them as what these are told to be like.
    like = {"application/x-ndjson": "text/plain", "text/csv": "application/octet-stream"}
    like["text/plain"] = "application/octet-stream"
    config.write_text(json.dumps({"post_hooks": [], "content_type_overrides": like}))
    made = subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--path", str(SCHEMA), "--meta", "none"),
            *("--output-path", str(folder / "moderato_client"), "--config", str(config), "--fail-on-warning"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    return lambda name: importlib.import_module(f"moderato_client.{name}")


@pytest.mark.django_db(transaction=True)
def test_a_generated_client_stores_lists_and_decides(
    package: Callable[[str], ModuleType],
    live_server: Any,
    api_key: Callable[..., str],
    article: Article,
    request: pytest.FixtureRequest,
) -> None:
    models, client = package("models"), package("client")
    token = api_key("read", "write", "moderate")
    signed_in = client.AuthenticatedClient(base_url=live_server.url, token=token, raise_on_unexpected_status=True)

    request.addfinalizer(lambda: signed_in.get_httpx_client().close())

    def call(name: str, *arguments: Any, **options: Any) -> Any:
        return package(f"api.{name}").sync(*arguments, client=signed_in, **options)

    body = models.CommentRequest(
        source=article.source.slug,
        external_id="1",
        article=models.ArticleRefRequest(external_id=article.external_id),
        text="To be approved first.",
        origin_state=models.OriginStateEnum("unapproved"),
    )
    stored = call("comments.comments_create", body=body)
    assert (stored.text, stored.held, stored.scores) == ("To be approved first.", True, None)
    states = [models.CommentsListStateItem(name) for name in ("unscored", "pending")]
    listed = call("comments.comments_list", state=states, held=True)
    assert [one.id for one in listed.results] == [stored.id]
    assert call("comments.comments_retrieve", stored.id).etag == listed.results[0].etag
    assert "insult" in {one.code for one in call("reasons.reasons_list").results}
    decision = models.DecisionRequest(action=models.ActionEnum("approve"))
    refused = call("comments.comments_decisions_create", stored.id, body=decision)
    assert (refused.status, refused.type_) == (409, "urn:moderato:problem:conflict")
