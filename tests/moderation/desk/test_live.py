"""An open queue is told what happened since it was shown, at the cost of one desk for all, and without a session."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from archive.models import Comment
from moderation.desk.views import live
from moderation.models import Review, State
from moderation.services.review.decisions import decision_record
from moderation.services.team.live import live_forget


@pytest.fixture
def shown(moderator, desk):
    """Opens a queue; returns its ticket."""

    def open_queue(name="pending", client=moderator):
        page = client.get(desk("queue", name)).content.decode()
        found = re.search(r'data-ticket="([^"]+)"', page)
        return found[1] if found else ""

    return open_queue


@pytest.fixture
def poll(desk):
    """Asks as a page does: without a session."""

    def ask(ticket, **headers):
        return Client().get(desk("live"), {"ticket": ticket}, headers=headers)

    return ask


def told(answer):
    data = answer.json()
    data.pop("ticket")
    return data


NOTHING = {"arrived": 0, "more": False, "acts": {}, "held": {}}


def test_what_comes_what_is_decided_and_what_is_open_is_told(shown, poll, make_pending):
    first, second = make_pending("One."), make_pending("Two.")
    ticket = shown()
    assert told(poll(ticket)) == NOTHING
    grace = User.objects.create_superuser("grace")
    decision_record(comment_id=first.pk, action="approve", actor=grace)
    Review.objects.filter(pk=second.pk).update(holder=grace, holder_until=timezone.now() + timedelta(seconds=60))
    make_pending("Three.")
    live_forget()
    assert told(poll(ticket)) == {
        "arrived": 1,
        "more": False,
        "acts": {str(first.pk): ["approve", "grace"]},
        "held": {str(second.pk): "grace"},
    }


def test_what_a_person_has_open_is_not_told_to_them(shown, poll, make_pending):
    row = make_pending()
    shown()
    me = User.objects.get()
    Review.objects.filter(pk=row.pk).update(holder=me, holder_until=timezone.now() + timedelta(seconds=60))
    assert told(poll(shown())) == NOTHING


def test_nothing_new_is_a_304_and_costs_no_query(shown, poll, make_pending):
    make_pending()
    ticket = shown()
    etag = poll(ticket).headers["ETag"]
    with CaptureQueriesContext(connection) as captured:
        answer = poll(ticket, if_none_match=etag)
    assert (answer.status_code, answer.content, len(captured)) == (304, b"", 0)


def test_twenty_open_desks_cost_as_many_queries_as_one(shown, poll, make_pending):
    make_pending()
    tickets = [shown() for _ in range(20)]
    counts = []
    for asked in (tickets[:1], tickets):
        live_forget()
        with CaptureQueriesContext(connection) as captured:
            assert all(poll(ticket).status_code == 200 for ticket in asked)
        counts.append(len(captured))
    assert counts == [3, 3]


def test_only_the_sources_of_the_person_are_told(staff, shown, poll, make_pending, source, elsewhere):
    mine, other = make_pending(), make_pending()
    Review.objects.filter(pk=other.pk).update(source=elsewhere)
    Comment.objects.filter(pk=other.pk).update(source=elsewhere)
    ticket = shown(client=staff("moderator", source))
    for row in (mine, other):
        decision_record(comment_id=row.pk, action="reject", reason="spam", api_key="k")
    live_forget()
    assert list(told(poll(ticket))["acts"]) == [str(mine.pk)]


@pytest.mark.parametrize("cut", [0, 5, 20, -1])
def test_a_ticket_that_was_altered_is_refused(shown, poll, make_pending, cut):
    make_pending()
    ticket = shown()
    forged = ticket[:cut] + ("A" if ticket[cut] != "A" else "B") + (ticket[cut + 1 :] if cut >= 0 else "")
    assert poll(forged).status_code == 410
    assert poll("").status_code == 410


def test_a_ticket_is_renewed_in_time_and_ends_with_the_right_to_be_here(shown, poll, make_pending):
    make_pending()
    ticket = shown()
    fields = signing.loads(ticket, salt=live.SALT)
    old = live.Ticket(*fields)._replace(issued=fields[-1] - live.RENEWED_SECONDS)
    renewed = poll(old.sign()).json()["ticket"]
    assert signing.loads(renewed, salt=live.SALT)[-1] >= fields[-1]
    User.objects.update(is_active=False)
    assert poll(ticket).status_code == 200
    assert poll(old.sign()).status_code == 410


def test_a_list_of_everything_has_no_ticket(shown, make_pending):
    make_pending()
    assert shown("all") == shown("handed") == shown("unscored") == ""
    assert shown("pending")
    assert State.PENDING in Review.objects.values_list("state", flat=True)
