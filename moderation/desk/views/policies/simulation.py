"""What a version would do with all stored scores, beside the active one and what people decided."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moderation.desk.access import Person, desk_view
from moderation.desk.policies.simulations import MEASURES, ScopeForm, estimate_lines, simulated_lines
from moderation.desk.responses import desk_page, refused_status
from moderation.desk.views.policies.access import TRY, version_or_404
from moderation.models import PolicyVersion
from moderation.services.errors import ServiceError
from moderation.services.policies.simulation import MOST_COMMENTS, policy_try

TOO_MANY = "too_many"


@desk_view(TRY)
def simulation(request: HttpRequest, person: Person, version: int) -> HttpResponse:
    """Asks for a range of comments; simulates the version on them if they are few enough for a page."""
    found = version_or_404(version)
    form = ScopeForm(request.GET if "run" in request.GET else None, person)
    if not form.is_valid():
        return _show(request, person, found, form, status=400 if form.is_bound else 200)
    try:
        report = policy_try(version=version, scope=form.scope)
    except ServiceError as error:
        if any(one.code == TOO_MANY for one in error.errors):
            return _show(request, person, found, form, command=form.command(version))
        return _show(request, person, found, form, refused=error, status=refused_status(error))
    return _show(request, person, found, form, **_shown(report))


def _shown(report: dict[str, Any]) -> dict[str, Any]:
    """Returns the figures as the page has them."""
    before, after = report["actions_before"], report["actions"]
    actions = [(name, before[name], after[name]) for name in after if before[name] or after[name]]
    changes = [{**one, "examples": simulated_lines(one["examples"])} for one in report["changes"]]
    return {
        "report": report,
        "actions": actions,
        "changes": [(one["from"], one["to"], one["comments"], one["examples"]) for one in changes],
        "estimates": estimate_lines(report["estimates"]),
        "misses": simulated_lines(report["likely_misses"]),
        "alarms": simulated_lines(report["likely_false_alarms"]),
    }


def _show(
    request: HttpRequest, person: Person, found: PolicyVersion, form: ScopeForm, status: int = 200, **shown: Any
) -> HttpResponse:
    title = _("Simulate version %(number)d") % {"number": found.version}
    own = {"version": found, "form": form, "most": MOST_COMMENTS, "measures": MEASURES.values(), **shown}
    return desk_page(request, person, "policies/simulation", title=title, status=status, **own)
