"""A worker opens the model once; one that cannot says so, takes nothing, and takes again once it can."""

import os
from pathlib import Path
from typing import Any

import pytest

from moderation.scoring import ScoringError
from moderation.tasks import fitness as module
from moderation.tasks.fitness import Fitness, cores_usable, quota_cores, threads_set, threads_share

pytestmark = pytest.mark.django_db


class Control:
    """Celery's remote control: what workers were told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, list[str]]] = []

    def add_consumer(self, queue: str, destination: list[str]) -> None:
        self.told.append(("add", queue, destination))

    def cancel_consumer(self, queue: str, destination: list[str]) -> None:
        self.told.append(("cancel", queue, destination))


@pytest.fixture
def control(monkeypatch: pytest.MonkeyPatch) -> Control:
    told = Control()
    monkeypatch.setattr(module, "current_app", type("App", (), {"control": told}))
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    return told


@pytest.fixture
def worker() -> Fitness:
    fitness = Fitness()
    fitness.prepare(worker="one@host", queues=["interactive", "bulk"])
    return fitness


def test_the_model_is_opened_and_the_resident_memory_told(worker: Fitness, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    worker.open()
    worker.check()
    assert f"worker process {os.getpid()} has the model open: " in caplog.text
    assert "MiB resident" in caplog.text


def test_a_worker_of_other_queues_opens_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "scorer_active", lambda: pytest.fail("it opened the model"))
    Fitness().open()


def test_a_worker_that_cannot_open_the_model_leaves_its_queues_until_it_can(
    worker: Fitness, control: Control, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> Any:
        raise ScoringError("model_missing", "There is no such file.")

    tries = iter([False, False, True])
    monkeypatch.setattr(module, "scorer_active", fails)
    monkeypatch.setattr(module, "model_check", lambda: None if next(tries) else fails())
    threads = []
    monkeypatch.setattr(module.threading, "Thread", lambda target, **_: threads.append(target) or Started())
    worker.open()
    assert "cannot open the model (model_missing): it takes nothing from interactive, bulk" in caplog.text
    with pytest.raises(ScoringError, match="cannot score"):
        worker.check()
    worker.lose("model_missing")
    (target,) = threads
    monkeypatch.undo()
    monkeypatch.setattr(module, "current_app", type("App", (), {"control": control}))
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(module, "model_check", lambda: None if next(tries) else fails())
    target()
    worker.check()
    both = [("interactive", ["one@host"]), ("bulk", ["one@host"])]
    assert control.told == [
        *(("cancel", *one) for one in both), *(("cancel", *one) for one in both), *(("add", *one) for one in both)
    ]  # fmt: skip


class Started:
    def start(self) -> None:
        """Runs nothing: the test does."""


def test_each_process_gets_its_share_of_the_cores(settings: Any, tmp_path: Path) -> None:
    assert 1 <= cores_usable() <= (os.cpu_count() or 1)
    assert threads_share(processes=10**6) == 1
    assert threads_share(processes=1) == cores_usable()
    settings.MODERATION_THREADS = 3
    threads_set(processes=1)
    assert settings.MODERATION_THREADS == 3
    settings.MODERATION_THREADS = 0
    threads_set(processes=1)
    assert cores_usable() == settings.MODERATION_THREADS
    limit = tmp_path / "cpu.max"
    for text, cores in {
        "max 100000": None,
        "150000 100000": 1,
        "400000 100000": 4,
        "20000 100000": 1,
        "": None,
    }.items():
        limit.write_text(text)
        assert quota_cores(limit) == cores
    assert quota_cores(tmp_path / "none") is None


def test_a_folder_that_cannot_be_read_is_no_reason_to_die_and_its_path_is_not_told(
    worker: Fitness, control: Control, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> Any:
        raise PermissionError(13, "Permission denied", "/srv/secret")

    monkeypatch.setattr(module, "scorer_active", fails)
    monkeypatch.setattr(module.threading, "Thread", lambda **_: Started())
    worker.open()
    assert "cannot open the model (PermissionError)" in caplog.text
    assert "/srv/secret" not in caplog.text
    with pytest.raises(ScoringError):
        worker.check()
