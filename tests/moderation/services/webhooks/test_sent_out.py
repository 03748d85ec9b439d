"""The ledger's ways out under several processes: the feed skips nothing, and webhooks survive kills and company."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from moderation.models.webhook import LEASE_SECONDS
from tests.moderation.services.webhooks.receiver import Receiver, receiving

SCRIPT = Path(__file__).with_name("decision_process.py")
DECISIONS, WRITERS = 240, 4


class Processes:
    """Starts modes of the script on one scratch database."""

    def __init__(self, scratch: Any) -> None:
        self.scratch = scratch
        self.env = scratch.env() | {"MODERATION_WEBHOOKS_PRIVATE": "true"}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(SCRIPT), *arguments]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        process = subprocess.Popen(command, env=self.env, **pipes)
        self.scratch.started.append(process)
        return process

    def run(self, *arguments: str) -> str:
        process = self.start(*arguments)
        output = process.communicate(timeout=240)[0]
        assert process.returncode == 0, output
        return output


@pytest.fixture
def processes(scratch: Any) -> Processes:
    return Processes(scratch)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def test_a_reader_of_the_feed_beside_several_writers_gets_each_decision_once_and_in_order(
    processes: Processes, scratch: Any
) -> None:
    key = processes.run("fill", str(DECISIONS))
    found = scratch.folder / "found"
    reader = processes.start("follow", key, str(DECISIONS), str(found))
    writers = [processes.start("decide", str(part), str(WRITERS)) for part in range(WRITERS)]
    for process in (*writers, reader):
        output = process.communicate(timeout=240)[0]
        assert process.returncode == 0, output
    ids = [pk for line in found.read_text().splitlines() for pk in json.loads(line)]
    written = [row[0] for row in scratch.query("SELECT id FROM moderation_decision ORDER BY id")]
    assert len(written) == DECISIONS
    assert ids == written


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_writer_waits_for_the_one_before_it_so_that_no_later_id_is_seen_first(make_comment: Any) -> None:
    from django.db import transaction

    from moderation.models import Decision
    from moderation.services.ledger.append import decisions_append

    first, second = make_comment(), make_comment()
    columns = {"kind": "system", "action": "queue", "from_state": "passed", "to_state": "pending", "revision": 1}

    def append(comment: Any) -> int:
        with transaction.atomic():
            return decisions_append([Decision(comment=comment, **columns)])[0].pk

    later: list[int] = []

    def other() -> None:
        try:
            later.append(append(second))
        finally:
            connection.close()

    thread = threading.Thread(target=other)
    with transaction.atomic():
        (row,) = decisions_append([Decision(comment=first, **columns)])
        thread.start()
        wait_for_a_waiting_lock()
        assert later == []
    thread.join()
    assert later > [row.pk]


def wait_for_a_waiting_lock() -> None:
    """Asks the server, over a connection of its own, until somebody waits for the ledger's lock."""
    import psycopg

    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = %s::oid"
    parameters = connection.get_connection_params()
    names = {name: parameters[name] for name in ("dbname", "user", "password", "host", "port") if name in parameters}
    end = time.monotonic() + 60
    with psycopg.connect(**names, autocommit=True) as other:
        own = other.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
        while not other.execute(waiting, own).fetchone()[0]:  # type: ignore[index]
            assert time.monotonic() < end, "nobody waited"


def test_a_sender_that_is_killed_in_the_middle_loses_nothing_and_the_next_one_sends_again_under_the_same_id(
    processes: Processes, scratch: Any, receiver: Receiver
) -> None:
    processes.run("fill", "6", receiver.url)
    processes.run("decide", "0", "1")
    receiver.gate.clear()
    process = processes.start("deliver")
    scratch.wait_for(lambda: len(receiver.received) >= 1 or process.poll() is not None)
    assert process.poll() is None, process.communicate()[0]
    process.send_signal(signal.SIGKILL)
    process.wait()
    receiver.gate.set()
    before = {request.id for request in receiver.received}
    # Later than the next run lasts, and no later than a lease can end.
    set_leases(scratch, f"{datetime.now(UTC) + timedelta(seconds=LEASE_SECONDS):%Y-%m-%d %H:%M:%S}")
    processes.run("deliver")
    assert before.isdisjoint(request.id for request in receiver.received[len(before) :]), "their lease still stands"
    set_leases(scratch, "2001-01-01 00:00:00")
    processes.run("deliver")
    times = Counter(request.id for request in receiver.received)
    assert len(times) == 6
    assert {times[one] for one in before} == {2}
    assert scratch.query("SELECT count(*) FROM moderation_delivery WHERE delivered_at IS NULL") == [(0,)]


def test_two_senders_side_by_side_send_nothing_twice(processes: Processes, scratch: Any, receiver: Receiver) -> None:
    processes.run("fill", "120", receiver.url)
    processes.run("decide", "0", "1")
    senders = [processes.start("deliver") for _ in range(2)]
    outputs = [process.communicate(timeout=240)[0] for process in senders]
    assert [process.returncode for process in senders] == [0, 0], outputs
    processes.run("deliver")
    assert len(receiver.received) == 120
    assert len({request.id for request in receiver.received}) == 120


def test_a_sender_that_is_asked_to_stop_finishes_what_is_under_way(
    processes: Processes, scratch: Any, receiver: Receiver
) -> None:
    processes.run("fill", "20", receiver.url)
    processes.run("decide", "0", "1")
    receiver.gate.clear()
    process = processes.start("deliver", "--watch")
    scratch.wait_for(lambda: len(receiver.received) >= 1 or process.poll() is not None)
    process.send_signal(signal.SIGTERM)
    receiver.gate.set()
    output = process.communicate(timeout=120)[0]
    assert process.returncode == 0, output
    arrived = scratch.query("SELECT count(*) FROM moderation_delivery WHERE delivered_at IS NOT NULL")[0][0]
    assert arrived == len(receiver.received)
    assert scratch.query("SELECT count(*) FROM moderation_delivery WHERE lease IS NOT NULL") == [(0,)]


def set_leases(scratch: Any, end: str) -> None:
    """Lets every lease end at `end`, in UTC."""
    statement = f"UPDATE moderation_delivery SET lease_until = '{end}' WHERE lease IS NOT NULL"  # noqa: S608 - ours
    if scratch.url.startswith("sqlite"):
        with closing(sqlite3.connect(scratch.url.removeprefix("sqlite:///"))) as database, database:
            database.execute(statement)
        return
    import psycopg

    with psycopg.connect(scratch.url, autocommit=True) as database:
        database.execute(statement.replace(end, f"{end}+00:00"))
