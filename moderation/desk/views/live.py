"""Tells an open page of a queue what happened since it was shown. The page asks every ten seconds, and stays as it is.

No session is read: the page carries a ticket, signed for its person for five minutes, and gets another one in time. So
a poll costs the server nothing that other desks have not paid for, until the ticket is renewed.
"""

import hashlib
import json
import time
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_cache_control

from moderation.desk.access import VIEW, Person
from moderation.desk.finding.queues import Queue
from moderation.models import QueueName
from moderation.services.accounts.source_limits import user_sources
from moderation.services.team.live import MAX_ARRIVED, Changes, Since, live_changes, live_since

SALT = "moderation.live"
TICKET_SECONDS = 300
# A ticket is renewed once it is so old: then its person is looked up again.
RENEWED_SECONDS = 150
GONE = 410


class Ticket(NamedTuple):
    """Whose page it is, what it shows, and since when."""

    user: int
    queue: str
    sources: tuple[int, ...]
    row: int
    newest: str
    issued: int

    def sign(self) -> str:
        """Returns the ticket as a page carries it."""
        return signing.dumps(self, salt=SALT)


def ticket_of(person: Person, queue: Queue) -> str:
    """Returns the ticket of a page that is shown now; empty if the queue has nothing to tell."""
    if queue.name not in QueueName.values:
        return ""
    since = live_since(queue=queue.name)
    newest = since.newest.isoformat() if since.newest else ""
    sources = tuple(sorted(person.sources))
    return Ticket(person.user.pk, queue.name, sources, since.row, newest, _now()).sign()


def live(request: HttpRequest) -> HttpResponse:
    """Returns what changed as JSON, 304 if nothing did since the last answer, 410 for a ticket that is over."""
    ticket = _ticket(request.GET.get("ticket", ""))
    if ticket is not None and _now() - ticket.issued >= RENEWED_SECONDS:
        ticket = _renewed(ticket)
    if ticket is None:
        return HttpResponse(status=GONE)
    since = Since(ticket.row, datetime.fromisoformat(ticket.newest) if ticket.newest else None)
    changes = live_changes(queue=ticket.queue, since=since, sources=ticket.sources, user_id=ticket.user)
    told = _told(changes) | {"ticket": ticket.sign()}
    etag = f'"{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]}"'
    unchanged = request.headers.get("If-None-Match") == etag
    answer = HttpResponse(status=304) if unchanged else JsonResponse(told)
    answer.headers["ETag"] = etag
    patch_cache_control(answer, private=True, no_cache=True)
    return answer


def _ticket(text: str) -> Ticket | None:
    try:
        user, queue, sources, *rest = signing.loads(text, salt=SALT, max_age=TICKET_SECONDS)
    except signing.BadSignature:
        return None
    return Ticket(user, queue, tuple(sources), *rest)


def _renewed(ticket: Ticket) -> Ticket | None:
    """Returns a new ticket for the same page; None if its person may see it no longer, or other sources than then."""
    user = User.objects.filter(pk=ticket.user, is_active=True).first()
    if user is None or not user.has_perms(VIEW) or tuple(sorted(user_sources(user))) != ticket.sources:
        return None
    return ticket._replace(issued=_now())


def _told(changes: Changes) -> dict[str, Any]:
    return {
        "arrived": changes.arrived,
        "more": changes.arrived >= MAX_ARRIVED,
        "acts": {str(act.comment): [act.action, act.actor] for act in changes.acts},
        "held": {str(pk): name for pk, name in changes.held.items()},
    }


def _now() -> int:
    return int(time.time())
