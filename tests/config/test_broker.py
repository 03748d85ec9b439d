"""The port over Celery and Redis, against a Redis of its own."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection

from config import celery
from config.broker import CeleryBroker
from moderation.services.work.broker import BrokerError, Queue, RunState, Task
from tests.redis_server import INSTALLED, RedisServer

pytestmark = pytest.mark.skipif(not INSTALLED, reason="needs redis-server")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def port(server: RedisServer, settings: Any) -> Iterator[CeleryBroker]:
    with carried_by(server.url, settings) as broker:
        yield broker
        server.client.flushall()


@contextmanager
def carried_by(url: str, settings: Any) -> Iterator[CeleryBroker]:
    """Lets Celery's app use that Redis, with connections of its own."""
    conf, before = celery.app.conf, celery.app.conf.broker_url
    settings.CELERY_BROKER_URL = conf.broker_url = conf.broker_write_url = conf.broker_read_url = url
    celery.app._after_fork()
    broker = CeleryBroker()
    try:
        yield broker
    finally:
        broker.close()
        celery.app.pool.force_close_all()
        conf.broker_url = conf.broker_write_url = conf.broker_read_url = before
        celery.app._after_fork()


def test_a_message_waits_in_its_queue_with_the_time_it_was_sent(port: CeleryBroker, server: RedisServer) -> None:
    port.send(Task.SCORE_POSTED, [{"ids": [1, 2]}, {"ids": [3]}])
    port.send(Task.REJUDGE_RANGE, [{"pk": 4}])
    assert port.waiting(Queue.INTERACTIVE) == 2
    found = {state.name: state for state in port.queues()}
    assert {name: state.waiting for name, state in found.items()} == {
        "interactive": 2, "bulk": 0, "outbound": 0, "maintenance": 1,
    }  # fmt: skip
    assert 0 <= (found["interactive"].oldest_seconds or 0) < 5
    assert found["bulk"].oldest_seconds is None
    with Connection(server.url) as connection, connection.SimpleQueue("interactive") as queue:
        message = queue.get(timeout=2)
        assert message.headers["task"] == "moderation.score_posted"
        assert json.loads(message.body)[1] == {"ids": [1, 2]}
        message.ack()


def test_marks_and_runs_are_the_same_for_every_process(port: CeleryBroker) -> None:
    assert port.mark("swept") == 0
    assert port.mark("swept", 512) == 512
    port.run_open("r1", total=9, ranges=["0-5", "5-9"])
    other = CeleryBroker()
    other.run_add("r1", done=5, finished="0-5")
    other.run_add("r1", done=0, finished="0-5")
    assert port.run("r1") == RunState("r1", total=9, done=5, ranges_left=1, taken_back=False)
    assert [state.name for state in port.runs()] == ["r1"]
    assert not port.run_is_taken_back("r1")
    other.run_take_back("r1")
    assert port.run_is_taken_back("r1")
    assert list(port.runs()) == []
    assert port.run("unknown") is None
    other.close()


def test_a_run_that_redis_has_forgotten_is_not_begun_by_its_last_range(port: CeleryBroker) -> None:
    port.run_add("gone", done=5, finished="0-5")
    assert port.run("gone") is None


def test_the_rate_is_that_of_the_last_full_minutes(port: CeleryBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000 * 60.0
    monkeypatch.setattr(time, "time", lambda: now)
    port.count("scored", 400)
    assert port.rate("scored") == 0
    now += 60
    port.count("scored", 7)
    assert port.rate("scored") == 80


def test_a_broker_that_goes_away_is_one_error_without_its_address_and_is_used_again_when_it_is_back(
    tmp_path: Path, settings: Any
) -> None:
    server = RedisServer(tmp_path)
    server.start()
    with carried_by(server.url, settings) as port:
        port.send(Task.REJUDGE_RANGE, [{"pk": 1}])
        server.stop()
        began = time.monotonic()
        for ask in (port.queues, port.runs, lambda: port.send(Task.REJUDGE_RANGE, [{"pk": 2}])):
            with pytest.raises(BrokerError, match=r"^the broker does not answer \(\w+\)$"):
                ask()
        port.count("scored", 1)
        assert time.monotonic() - began < 10
        server.start()
        port.send(Task.REJUDGE_RANGE, [{"pk": 3}])
        assert port.waiting(Queue.MAINTENANCE) == 1
    server.stop()


def test_every_task_that_is_handed_out_or_timed_is_registered_and_has_a_queue() -> None:
    celery.app.loader.import_default_modules()
    timed = [entry["task"] for entry in celery.SCHEDULE.values()]
    assert [name for name in (*Task, *timed) if name not in celery.app.tasks] == []
    queues = {queue.name for queue in celery.app.conf.task_queues}
    assert {entry["options"]["queue"] for entry in celery.SCHEDULE.values()} <= queues
    assert queues == {"interactive", "bulk", "outbound", "maintenance"}


def test_a_part_of_work_ends_before_its_message_is_given_to_another_worker() -> None:
    from moderation.services.distribution.parts import PART_SECONDS

    options = celery.app.conf.broker_transport_options
    assert PART_SECONDS * 3 <= options["visibility_timeout"] <= 30
    assert options["unacked_restore_interval"] * options["unacked_restore_throttle"] <= 5
    assert celery.app.conf.worker_prefetch_multiplier == 1
    assert all(celery.app.tasks[name].acks_late for name in Task)
    assert not celery.app.tasks["moderation.sweep"].acks_late


def test_the_clock_is_not_missed_by_a_worker_that_is_busy_with_parts_of_work() -> None:
    from moderation.services.distribution.parts import PART_SECONDS

    assert all(entry["options"]["expires"] >= 3 * PART_SECONDS for entry in celery.SCHEDULE.values())
