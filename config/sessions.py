"""The end of a session that nobody uses: it slides on with what a person does, not with what a page does by itself."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

# A session is written so many times within its span at most, not with every page.
WRITES = 20
# What an open page of the desk posts every two minutes.
POLLED = frozenset({"desk:hold"})


class SessionStore(DatabaseSessionStore):
    """Sessions in the database that know when they end as they are stored: `ends`, None for one that is not."""

    ends: datetime | None = None

    def load(self) -> dict[str, Any]:
        """Returns the data of the session, none where it has ended."""
        row: Any = self._get_session_from_db()  # type: ignore[attr-defined]
        self.ends = row.expire_date if row else None
        return self.decode(row.session_data) if row else {}


class IdleSessionMiddleware:
    """Writes a session again, which moves its end, while a person uses it. Its span is SESSION_COOKIE_AGE."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Remembers what answers."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Returns the response."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Moves the session's end, now that it is known what it is used for."""
        # Without a cookie the session is not touched: touching it makes a response vary by cookies.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or SESSION_KEY not in request.session:
            return
        polled = request.resolver_match is not None and request.resolver_match.view_name in POLLED
        ends = getattr(request.session, "ends", None)
        span = timedelta(seconds=settings.SESSION_COOKIE_AGE)
        if ends and not polled and ends - timezone.now() < span * (1 - 1 / WRITES):
            request.session.modified = True
