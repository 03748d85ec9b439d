"""Asks people for their second factor before the admin, the desk and the API serve their session."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from moderation.services.accounts.second_factor import SESSION_HAS_ONE, SESSION_VERIFIED, second_factor_is_required

PAGES, API = "/admin/", "/api/"
OPEN = frozenset({"admin:login", "admin:logout", "admin:jsi18n", "second-factor"})


class SecondFactorMiddleware:
    """Leads a session without the code to the page that asks for it; the API answers 403.

    A request without a session, such as one with a key, costs nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Stores the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Returns the response, or what asks for the code."""
        if not request.path_info.startswith((PAGES, API)) or not self._is_missing(request):
            return self.get_response(request)
        if request.path_info.startswith(API):
            return JsonResponse(_problem(), status=403, content_type="application/problem+json")
        if request.path_info in {reverse(name) for name in OPEN}:
            return self.get_response(request)
        return HttpResponseRedirect(f"{reverse('second-factor')}?{urlencode({'next': request.get_full_path()})}")

    @staticmethod
    def _is_missing(request: HttpRequest) -> bool:
        session = request.session
        # A key is either valid or refused; beside any other scheme the API would look at the session.
        if request.path_info.startswith(API) and request.headers.get("Authorization", "").lower().startswith("bearer "):
            return False
        if (
            not session.session_key
            or not isinstance(request.user, User)
            or session.get(SESSION_VERIFIED) == request.user.pk
        ):
            return False
        return bool(session.get(SESSION_HAS_ONE)) or second_factor_is_required(user=request.user)


def _problem() -> dict[str, object]:
    detail = "This session needs the second factor: log in through the admin and give the code."
    return {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": detail, "code": "second_factor"}
