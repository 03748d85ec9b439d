"""Appeals at the desk: who sees them, who decides, what hostile words do, and how many queries it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from archive.models import Source
from moderation.models import Appeal, Review
from moderation.services.appeals.intake import appeal_make
from moderation.services.review.decisions import decision_record

pytestmark = pytest.mark.django_db
MOST_QUERIES = 14


@pytest.fixture
def appealed(make_pending: Callable[..., Review]) -> Callable[..., Appeal]:
    """Rejects a new comment as Ada, and appeals: `appealed("Why?")`."""
    ada = User.objects.create_user("ada")

    def make(text: str = "I quoted the minister.", actor: User | None = None) -> Appeal:
        row = decision_record(comment_id=make_pending().pk, action="reject", actor=actor or ada, note="Rude.")
        return appeal_make(decision_id=row.pk, text=text)[0]

    return make


def test_open_ones_are_listed_within_the_queries_however_many(
    appealed: Callable[..., Appeal], moderator: Client, desk: Callable[..., str]
) -> None:
    made = [appealed(f"Appeal {number}") for number in range(30)]
    with CaptureQueriesContext(connection) as queries:
        page = moderator.get(desk("appeals"))
    assert len(queries) <= MOST_QUERIES
    assert [one.pk for one in page.context["appeals"]] == [one.pk for one in made[:25]]
    rest = moderator.get(desk("appeals"), {"after": page.context["more"]})
    assert [one.pk for one in rest.context["appeals"]] == [one.pk for one in made[25:]]
    for after in ("x", "9" * 30, "²"):
        assert moderator.get(desk("appeals"), {"after": after}).status_code == 200


def test_a_senior_decides_and_the_appeal_moves_to_the_closed_ones(
    appealed: Callable[..., Appeal], staff: Callable[..., Client], desk: Callable[..., str]
) -> None:
    appeal, client = appealed(), staff("senior")
    with CaptureQueriesContext(connection) as queries:
        page = client.get(desk("appeal", appeal.pk))
    assert len(queries) <= MOST_QUERIES
    assert "Close the appeal" in page.content.decode()
    wrong = client.post(desk("appeal", appeal.pk), {"outcome": "overturned", "answer": ""})
    assert wrong.status_code == 400
    assert Appeal.objects.get().is_open
    answer = client.post(desk("appeal", appeal.pk), {"outcome": "overturned", "answer": "A quotation."}, follow=True)
    assert "is closed" in answer.content.decode()
    assert Review.objects.get(pk=appeal.comment_id).state == "approved"
    assert list(client.get(desk("appeals")).context["appeals"]) == []
    assert [one.pk for one in client.get(desk("appeals"), {"show": "closed"}).context["appeals"]] == [appeal.pk]
    assert "A quotation." in client.get(desk("appeal", appeal.pk)).content.decode()
    again = client.post(desk("appeal", appeal.pk), {"outcome": "upheld", "answer": "No."})
    assert again.status_code == 409


def test_moderators_and_who_made_the_decision_get_no_form_and_are_refused(
    appealed: Callable[..., Appeal], moderator: Client, staff: Callable[..., Client], desk: Callable[..., str]
) -> None:
    senior = staff("senior")
    own = appealed(actor=User.objects.get(username__startswith="senior"))
    for client in (moderator, senior):
        assert "Close the appeal" not in client.get(desk("appeal", own.pk)).content.decode()
        assert client.post(desk("appeal", own.pk), {"outcome": "upheld", "answer": "No."}).status_code == 403
    assert Appeal.objects.get().is_open


def test_hostile_words_are_shown_as_words(
    appealed: Callable[..., Appeal], moderator: Client, desk: Callable[..., str], hostile: str
) -> None:
    appeal = appealed(hostile)
    for address in (desk("appeals"), desk("appeal", appeal.pk)):
        assert "<script>alert" not in moderator.get(address).content.decode()


def test_appeals_of_other_sources_are_not_seen(
    appealed: Callable[..., Appeal], staff: Callable[..., Client], desk: Callable[..., str], elsewhere: Source
) -> None:
    appeal, client = appealed(), staff("senior", elsewhere)
    assert list(client.get(desk("appeals")).context["appeals"]) == []
    assert client.get(desk("appeal", appeal.pk)).status_code == 404
    body: dict[str, Any] = {"outcome": "upheld", "answer": "No."}
    assert client.post(desk("appeal", appeal.pk), body).status_code == 404
