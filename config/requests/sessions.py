"""Ends idle sessions: a person's requests extend a session, a page's own polling does not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

# A session is written at most this many times within its span, not with every request.
WRITES = 20
# Views that an open page of the desk posts to every two minutes.
POLLED = frozenset({"desk:hold"})


class SessionStore(DatabaseSessionStore):
    """Database sessions that know their stored expiry: `ends`, None if not stored."""

    ends: datetime | None = None

    def load(self) -> dict[str, Any]:
        """Returns the session's data, empty if it has expired."""
        row: Any = self._get_session_from_db()  # type: ignore[attr-defined]
        self.ends = row.expire_date if row else None
        return self.decode(row.session_data) if row else {}


class IdleSessionMiddleware:
    """Saves a session again, which extends it, while a person uses it. Its span is SESSION_COOKIE_AGE."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Stores the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Returns the response."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Extends the session, now that the view is known."""
        # Without a cookie the session is not accessed: that would add `Vary: Cookie` to the response.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or SESSION_KEY not in request.session:
            return
        polled = request.resolver_match is not None and request.resolver_match.view_name in POLLED
        ends = getattr(request.session, "ends", None)
        span = timedelta(seconds=settings.SESSION_COOKIE_AGE)
        if ends and not polled and ends - timezone.now() < span * (1 - 1 / WRITES):
            request.session.modified = True
