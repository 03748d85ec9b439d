"""A note by the way waits for nobody."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from django.db import OperationalError, connection

from archive.database import by_the_way
from archive.models import Source

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def locked() -> Iterator[None]:
    """Another connection holds what a change of a source needs: SQLite's one lock, or the rows."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        with connection.copy().cursor() as cursor:
            cursor.execute("BEGIN; SELECT 1 FROM archive_source FOR UPDATE")
            yield
            cursor.execute("ROLLBACK")
            cursor.connection.close()


def test_a_note_that_would_wait_is_left_out_or_comes_later(source: Source) -> None:
    def rename() -> object:
        return Source.objects.filter(pk=source.pk).update(name="Renamed")

    with locked():
        assert by_the_way.note_if_free(rename) is False
        by_the_way.note_soon(rename)
    by_the_way._late.join()
    source.refresh_from_db()
    assert source.name == "Renamed"
    assert by_the_way.note_if_free(rename) is True


def test_whoever_writes_after_a_note_waits_as_long_as_before(source: Source) -> None:
    with connection.cursor() as cursor:
        asked = {"sqlite": "PRAGMA busy_timeout", "postgresql": "SHOW lock_timeout"}[connection.vendor]
        before = cursor.execute(asked).fetchone()
        by_the_way.note_if_free(lambda: Source.objects.update(name="Renamed"))
        assert cursor.execute(asked).fetchone() == before


def test_more_notes_than_memory_should_hold_are_refused(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_the_way, "MAX_WAITING", 1)
    monkeypatch.setattr(by_the_way._LateWriter, "_write", lambda _: None)
    late = by_the_way._LateWriter()
    assert [late.add(lambda: None), late.add(lambda: None)] == [True, False]


def test_a_note_is_tried_again_and_again_and_then_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_the_way, "PAUSE_SECONDS", 0)
    tries: list[int] = []

    def note() -> None:
        tries.append(1)
        raise OperationalError

    by_the_way._write_one(note)
    assert len(tries) == by_the_way.TRIES
