"""Coming in and going out: where `next` may lead. One that leads nowhere leads to the start, not to an error."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

View = Callable[[HttpRequest], HttpResponse]
# Pages that a link cannot open.
POSTED = {"admin:logout"}


def leads_somewhere(request: HttpRequest, to: str) -> bool:
    """Says whether an address is one of this site's pages. Whether the row that it names is there, the page says."""
    if not url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure()):
        return False
    try:
        found = resolve(urlsplit(to).path)
    except (Resolver404, ValueError):
        return False
    # The admin takes every address below its own; those that are no page have no name.
    return bool(found.url_name) and found.view_name not in POSTED


def to_the_start(request: HttpRequest, given: QueryDict) -> QueryDict:
    """Returns the parameters with a `next` that leads somewhere, or as they were where there is none."""
    to = given.get(REDIRECT_FIELD_NAME)
    if to is None or leads_somewhere(request, to):
        return given
    changed = given.copy()
    changed[REDIRECT_FIELD_NAME] = reverse("admin:index")
    return changed


def with_safe_next(view: View) -> View:
    """Makes a view of login or logout that goes to the start where `next` leads nowhere."""

    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        request.GET = to_the_start(request, request.GET)  # type: ignore[assignment]
        if request.method == "POST":
            request.POST = to_the_start(request, request.POST)  # type: ignore[assignment]
        return view(request)

    return wrapped
