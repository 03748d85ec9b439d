"""Login and logout: where `next` may lead. An invalid one leads to the start page, not to an error."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

View = Callable[[HttpRequest], HttpResponse]
# Pages that cannot be opened with GET.
POSTED = {"admin:logout"}


def leads_somewhere(request: HttpRequest, to: str) -> bool:
    """Says whether a URL is one of this site's pages; whether the row it refers to exists is not checked."""
    if not url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure()):
        return False
    try:
        found = resolve(urlsplit(to).path)
    except (Resolver404, ValueError):
        return False
    # The admin's catch-all matches every URL below its own, but has no name.
    return bool(found.url_name) and found.view_name not in POSTED


def to_the_start(request: HttpRequest, given: QueryDict) -> QueryDict:
    """Returns the parameters with an invalid `next` replaced by the start page; unchanged otherwise."""
    to = given.get(REDIRECT_FIELD_NAME)
    if to is None or leads_somewhere(request, to):
        return given
    changed = given.copy()
    changed[REDIRECT_FIELD_NAME] = reverse("admin:index")
    return changed


def with_safe_next(view: View) -> View:
    """Wraps a login or logout view so that an invalid `next` leads to the start page."""

    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        request.GET = to_the_start(request, request.GET)  # type: ignore[assignment]
        if request.method == "POST":
            request.POST = to_the_start(request, request.POST)  # type: ignore[assignment]
        return view(request)

    return wrapped
