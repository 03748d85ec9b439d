"""What a task that fails says, and what becomes of its message."""

import pytest
from celery.exceptions import Reject
from django.db import IntegrityError, OperationalError

from moderation.tasks import failures
from moderation.tasks.failures import TaskFailedError, task

TEXT = "DETAIL: (you are a fool)"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "PUT_BACK_SECONDS", 0.0)


def failing(error: Exception, *, late: bool) -> None:
    @task(f"tests.{type(error).__name__}.{late}", late=late)
    def run() -> None:
        raise error

    run()


@pytest.mark.parametrize("late", [True, False])
def test_a_failure_is_named_by_its_type_alone(late: bool) -> None:
    with pytest.raises(TaskFailedError) as raised:
        failing(IntegrityError(TEXT), late=late)
    assert str(raised.value) == "IntegrityError"
    assert raised.value.__suppress_context__


def test_work_is_put_back_if_the_database_is_away_and_what_a_clock_asks_for_is_not() -> None:
    with pytest.raises(Reject) as raised:
        failing(OperationalError(TEXT), late=True)
    assert raised.value.requeue
    assert raised.value.reason == "OperationalError"
    with pytest.raises(TaskFailedError):
        failing(OperationalError(TEXT), late=False)
