"""A backup is of one moment, proved by a restore, and never lands on data."""

from __future__ import annotations

import json
import stat
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from archive.models import Comment
from moderation.models import Decision, Review, ledger
from moderation.services.backup import take
from moderation.services.backup.contents import contents_of, differences, migrations_of, tables_of
from moderation.services.backup.copies import connected
from moderation.services.backup.manifest import COPIES, MANIFEST, manifest_read
from moderation.services.backup.restore import backup_restore, newer_refuse
from moderation.services.backup.take import backup_take
from moderation.services.errors import ServiceError
from moderation.services.review.decisions import decision_record

pytestmark = pytest.mark.django_db(transaction=True)


def quiet(_done: int, _total: int) -> None:
    """Nobody watches."""


@pytest.fixture
def decided(reviewed: Callable[..., Review], ada: User) -> list[Decision]:
    """Three decisions on texts that stand."""
    reviews = [reviewed() for _ in range(3)]
    return [decision_record(comment_id=one.comment_id, action="approve", actor=ada) for one in reviews]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[BaseDatabaseWrapper]:
    """Another database of the suite's kind, without tables."""
    if connection.vendor == "sqlite":
        with connected(connection, "empty", str(tmp_path / "restored.sqlite3")) as own:
            yield own
        return
    name = f"moderato_empty_{uuid.uuid4().hex[:12]}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        with connected(connection, "empty", name) as own:
            yield own
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tonight"


def test_what_is_restored_is_what_was_backed_up_to_the_last_row_seal_and_decision(
    decided: list[Decision], folder: Path, empty: BaseDatabaseWrapper
) -> None:
    manifest = backup_take(database=connection, folder=folder, told=quiet)
    assert manifest.contents.rows["moderation_decision"] == len(decided)
    assert (manifest.contents.seals, manifest.contents.broken_seals) == (3, 0)
    assert backup_restore(database=empty, folder=folder) == manifest
    assert contents_of(empty) == manifest.contents
    assert ledger.missing_triggers(empty) == []


def test_a_comment_can_be_found_by_its_words_in_what_was_restored(
    decided: list[Decision], folder: Path, empty: BaseDatabaseWrapper
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's index is made anew by pg_restore")
    text = Comment.objects.get(pk=decided[0].comment_id).text
    backup_take(database=connection, folder=folder, told=quiet)
    backup_restore(database=empty, folder=folder)
    word = text.split()[0].strip(".,!?")
    query = "SELECT count(*) FROM archive_comment_words WHERE archive_comment_words MATCH %s"
    with empty.cursor() as cursor:
        assert cursor.execute(query, [f'"{word}"']).fetchone()[0] >= 1


def test_others_write_on_and_the_copy_is_of_the_moment_it_began(
    decided: list[Decision], folder: Path, make_comment: Callable[..., Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_meanwhile(database: BaseDatabaseWrapper) -> Any:
        held = contents_of(database)
        make_comment()
        return held

    monkeypatch.setattr(take, "contents_of", write_meanwhile)
    copied = take.contents_of
    monkeypatch.setattr(take, "copy_verify", lambda **_: None)
    before = Comment.objects.count()
    manifest = backup_take(database=connection, folder=folder, told=quiet)
    monkeypatch.undo()
    assert copied is write_meanwhile
    assert Comment.objects.count() == before + 1
    assert manifest.contents.rows["archive_comment"] == before
    take.copy_verify(database=connection, folder=folder, expected=manifest.contents)


def test_a_database_in_use_is_never_restored_over(decided: list[Decision], folder: Path) -> None:
    backup_take(database=connection, folder=folder, verify=False, told=quiet)
    with pytest.raises(ServiceError, match="has tables"):
        backup_restore(database=connection, folder=folder)
    assert Decision.objects.count() == len(decided)


def test_an_existing_folder_is_never_written_to(folder: Path) -> None:
    folder.mkdir()
    with pytest.raises(ServiceError, match="exists"):
        backup_take(database=connection, folder=folder, told=quiet)
    assert list(folder.iterdir()) == []


def test_a_copy_that_lost_a_row_is_found_by_the_verification_and_left_nowhere(
    decided: list[Decision], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = contents_of(connection)
    rows = {**counted.rows, "archive_comment": counted.rows["archive_comment"] + 1}
    monkeypatch.setattr(take, "contents_of", lambda database: replace(contents_of(database), rows=rows))
    monkeypatch.setattr(take, "differences", lambda expected, found: differences(expected, contents_of(connection)))
    with pytest.raises(ServiceError, match="archive_comment has 3 rows, not 4"):
        backup_take(database=connection, folder=folder, told=quiet)
    assert list(folder.parent.glob("*tonight*")) == []
    assert list(folder.parent.glob(".*tonight*")) == []


def test_a_copy_of_which_a_byte_was_changed_is_refused(
    decided: list[Decision], folder: Path, empty: BaseDatabaseWrapper
) -> None:
    backup_take(database=connection, folder=folder, verify=False, told=quiet)
    copy = folder / COPIES[connection.vendor]
    content = bytearray(copy.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    with pytest.raises(ServiceError, match="SHA-256"):
        backup_restore(database=empty, folder=folder)
    assert tables_of(empty) == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"contents": 3}', '{"contents": {"migrations": null}}'])
def test_a_folder_without_a_readable_manifest_is_no_backup(content: str, folder: Path) -> None:
    folder.mkdir()
    (folder / MANIFEST).write_text(content)
    with pytest.raises(ServiceError, match="is no backup"):
        manifest_read(folder)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"vendor": "oracle"}, "format"),
        ({"format": 2}, "format 2"),
        ({"vendor": "other"}, "cannot read"),
    ],
)
def test_a_backup_of_another_kind_is_refused_by_name(changed: dict[str, Any], said: str, folder: Path) -> None:
    backup_take(database=connection, folder=folder, verify=False, told=quiet)
    path = folder / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))
    with pytest.raises(ServiceError, match=said):
        manifest_read(folder)


def test_a_backup_of_a_newer_version_is_refused_with_the_migration_it_names() -> None:
    with pytest.raises(ServiceError, match=r"newer version.*moderation\.9999_later"):
        newer_refuse(["auth.0001_initial", "moderation.0001_initial", "moderation.9999_later"])
    newer_refuse(migrations_of(connection))


def test_a_text_that_was_changed_behind_the_ledger_breaks_its_seal(decided: list[Decision]) -> None:
    Comment.objects.filter(pk=decided[1].comment_id).update(text="Something else.")
    held = contents_of(connection)
    assert (held.seals, held.broken_seals) == (3, 1)


def test_two_decisions_that_changed_places_are_found(decided: list[Decision]) -> None:
    before = contents_of(connection)
    first, second = decided[0], decided[1]
    with ledger.triggers_lifted():
        Decision.objects.filter(pk=first.pk).update(comment_id=second.comment_id)
        Decision.objects.filter(pk=second.pk).update(comment_id=first.comment_id)
    assert "the ledger's rows or their order are others" in differences(before, contents_of(connection))


def test_a_backup_is_for_its_owner_alone_and_keeps_nothing_that_was_erased(
    make_comment: Callable[..., Comment], folder: Path
) -> None:
    comment = make_comment(text="zyxcanaryword " * 400)
    Comment.objects.filter(pk=comment.pk).update(text="", raw="")
    backup_take(database=connection, folder=folder, told=quiet)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    copy = folder / COPIES[connection.vendor]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert b"zyxcanaryword zyxcanaryword" not in copy.read_bytes()


def test_what_a_killed_run_left_is_cleared_by_the_next(folder: Path) -> None:
    left = folder.with_name(f".{folder.name}.part")
    left.mkdir()
    (left / COPIES[connection.vendor]).write_bytes(b"half of a copy")
    backup_take(database=connection, folder=folder, verify=False, told=quiet)
    assert not left.exists()
    assert sorted(one.name for one in folder.iterdir()) == sorted([COPIES[connection.vendor], MANIFEST])
