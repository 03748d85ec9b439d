"""`benchmark api`: the real server, the real load, and the batch beside them."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from moderation.benchmarks import api


def test_texts_are_english_of_three_hundred_characters_and_the_same_for_a_seed() -> None:
    texts = api.texts(50)
    assert {len(text) for text in texts} == {300}
    assert len(set(texts)) == 50
    assert texts == api.texts(50) != api.texts(50, seed=1)


@pytest.mark.django_db(transaction=True)
def test_the_command_measures_a_server_alone_and_beside_the_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine a nice batch would hardly begin.
    monkeypatch.setattr(api, "BATCH_NICENESS", 0)
    out, path = StringIO(), tmp_path / "figures.json"
    options: dict[str, Any] = {"clients": [2], "seconds": 1, "beside_batch": True, "overload": 0}
    call_command("benchmark", "api", json=path, stdout=out, **options)
    figures = json.loads(path.read_text())["api"]
    assert figures["database"] == connection.vendor
    assert figures["engine_texts_per_second"] > 0
    for name in ("2_clients", "2_clients_beside_batch"):
        found = figures[name]
        assert 0 < found["p50_ms"] <= found["p95_ms"] <= found["p99_ms"] <= found["most_ms"]
        assert found["requests_per_second"] > 0
        assert found["refused"] == found["refused_as_counted"] == 0
    assert figures["2_clients_beside_batch"]["batch_texts_sent"] >= 0
    assert "api 2_clients: p50_ms " in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_server_that_does_not_start_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_THREADS", "many")
    with pytest.raises(CommandError, match=r"^api: "):
        call_command("benchmark", "api", clients=[1], seconds=1, overload=0)
