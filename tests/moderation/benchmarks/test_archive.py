"""`benchmark archive`: the export that it makes, the scratch database, and what it writes."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from archive.importers.records import ArticleRecord, CommentRecord, ImportSource
from archive.importers.xml.wxr import parse_wxr
from moderation.benchmarks import archive


def test_the_export_is_the_same_for_a_seed_and_holds_every_comment(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one.xml", "two.xml", "other.xml")]
    for path, seed in zip(paths, (1, 1, 2), strict=True):
        assert archive.export_write(path, comments=95, seed=seed) == path.stat().st_size
    assert paths[0].read_bytes() == paths[1].read_bytes() != paths[2].read_bytes()
    with paths[0].open("rb") as stream:
        items = list(parse_wxr(ImportSource(stream=stream, stem="one")))
    comments = [each for each in items if isinstance(each, CommentRecord)]
    assert [each.external_id for each in comments] == [str(n) for n in range(1, 96)]
    assert len([each for each in items if isinstance(each, ArticleRecord)]) == 3
    assert len(items) == 98
    assert any(each.parent_external_id for each in comments)
    assert any("<" in each.raw for each in comments)


@pytest.mark.django_db(transaction=True)
def test_the_command_measures_an_import_and_leaves_no_database(tmp_path: Path) -> None:
    out, path = StringIO(), tmp_path / "figures.json"
    call_command("benchmark", "archive", "--comments", "60", "--json", str(path), stdout=out)
    figures = json.loads(path.read_text())["archive"]
    assert (figures["comments"], figures["database"]) == (60, connection.vendor)
    assert figures["comments_per_second"] == pytest.approx(60 / figures["seconds"], rel=0.01)
    assert figures["peak_bytes"] > 10_000_000
    assert "archive comments_per_second: " in out.getvalue()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'moderato_benchmark_%%'")
            assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_an_import_that_fails_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_HEAD", archive._HEAD[:200])
    with pytest.raises(CommandError, match=r"archive: manage\.py import_comments ended with status 1"):
        call_command("benchmark", "archive", "--comments", "5", stdout=StringIO())


@pytest.mark.django_db(transaction=True)
def test_an_import_without_all_comments_is_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_HEAD", "A page, and no export\n")
    with pytest.raises(CommandError, match=r"archive: the import did not create every comment"):
        call_command("benchmark", "archive", "--comments", "5", stdout=StringIO())
