"""Answering with a page, whole or only the part that htmx swaps; and what the desk remembers of a person's actions."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from moderation.desk.access import Person
from moderation.services.errors import ServiceError
from moderation.services.policies.rollout.brakes import brake_notices

# Actions that can be undone one after the other, the last first.
REMEMBERED = 20
_SESSION = "desk_acts"
# What a page that shows a refusal answers, by the refusal's code.
STATUSES = {
    "precondition_failed": 412,
    "conflict": 409,
    "preview_changed": 409,
    "validation_error": 400,
    "permission_denied": 403,
}


def refused_status(refused: ServiceError | None) -> int:
    """Returns what a page that shows this refusal answers; 200 without one."""
    return STATUSES.get(refused.code, 400) if refused else 200


def desk_page(
    request: HttpRequest, person: Person, template: str, *, title: str, status: int = 200, **context: Any
) -> HttpResponse:
    """Returns the page `template` of the desk."""
    htmx = HtmxDetails(request)
    swap = htmx and not htmx.history_restore_request
    shown = {
        **_frame(),
        **context,
        "title": title,
        "person": person,
        "frame": f"moderation/desk/frame/{'swap' if swap else 'page'}.html",
        "brakes": brake_notices(user=person.user),
        "last_act": next(iter(request.session.get(_SESSION, ())), None),
    }
    answer = TemplateResponse(request, f"moderation/desk/{template}.html", shown, status=status)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def part(request: HttpRequest, person: Person, template: str, **context: Any) -> HttpResponse:
    """Returns a piece of a page that htmx puts into its place."""
    return TemplateResponse(request, f"moderation/desk/{template}.html", {**context, "person": person})


def _frame() -> dict[str, Any]:
    """What the admin's base template asks for. Its list of all pages is left out: no page of the desk shows it."""
    site = admin.site
    return {
        "site_header": site.site_header,
        "site_title": site.site_title,
        "has_permission": True,
        "is_nav_sidebar_enabled": False,
        "is_popup": False,
    }


def act_remember(
    request: HttpRequest, words: str, *, back: str, decision: int | None = None, batch: UUID | None = None
) -> None:
    """Remembers an action, so that its person can undo it.

    `words` say what was done; `back` is the address that an undo comes back to.
    """
    act = {"words": words, "back": back, "decision": decision, "batch": str(batch) if batch else None}
    request.session[_SESSION] = [act, *request.session.get(_SESSION, ())][:REMEMBERED]


def act_last(request: HttpRequest) -> dict[str, Any] | None:
    """Returns the last action that was not undone, None if there is none."""
    return next(iter(request.session.get(_SESSION, ())), None)


def act_forget(request: HttpRequest) -> None:
    """Forgets the last action."""
    request.session[_SESSION] = request.session.get(_SESSION, [])[1:]


def address(name: str, *arguments: Any, query: str = "") -> str:
    """Returns the address of one of the desk's pages."""
    path = reverse(f"desk:{name}", args=arguments)
    return f"{path}?{query}" if query else path


def go(to: str) -> HttpResponse:
    """Sends the browser to an address after a form was posted."""
    return HttpResponseRedirect(to)
