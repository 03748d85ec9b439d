"""`manage.py maintain`: what has to be done from time to time, in one command for cron."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from archive.models import Comment
from moderation.models import Review, State
from moderation.services.privacy.retention_rules import retention_rules

pytestmark = pytest.mark.django_db(transaction=True)


def maintain() -> str:
    out = StringIO()
    call_command("maintain", stdout=out)
    return out.getvalue()


def test_nothing_to_do_is_said_and_is_no_failure() -> None:
    moved = "0 deferred comments came back, 0 decided on, 0 closed, 0 rows erased"
    assert maintain().strip() == f"{moved}, 0 webhooks delivered, 0 attempts failed."


def test_due_deferrals_come_back_and_withdrawn_comments_are_closed(
    make_comment: Callable[..., Comment], make_review: Callable[..., Review]
) -> None:
    due = make_review(make_comment(), state="deferred", deferred_until=timezone.now() - timedelta(minutes=1))
    make_comment(withdrawn_at=timezone.now())
    assert maintain().startswith("1 deferred comments came back, 0 decided on, 1 closed, 0 rows erased")
    due.refresh_from_db()
    assert due.state == State.PENDING


@pytest.mark.parametrize(("nightly", "erased"), [(True, 1), (False, 0)])
def test_retention_runs_only_if_it_is_asked_for(
    nightly: bool, erased: int, make_comment: Callable[..., Comment], settings: Any
) -> None:
    settings.MODERATION_RETENTION = retention_rules(["comments=30"])
    settings.MODERATION_RETENTION_NIGHTLY = nightly
    old = make_comment(created_at=timezone.now() - timedelta(days=31))
    assert f"{erased} rows erased" in maintain()
    old.refresh_from_db()
    assert (old.erased_at is not None) is nightly
