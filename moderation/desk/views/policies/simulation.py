"""What a version would do with all stored scores, beside the active one and what people decided."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moderation.desk.access import Person, desk_view
from moderation.desk.policies.simulations import MEASURES, ScopeForm, estimate_lines, simulated_lines
from moderation.desk.responses import STATUSES, desk_page
from moderation.desk.views.policies.access import TRY, version_or_404
from moderation.models import PolicyVersion
from moderation.policies import Policy, parse_policy
from moderation.services.errors import ServiceError, conflict
from moderation.services.simulation.run import policy_simulate
from moderation.services.simulation.scope import SimulationScope
from moderation.services.verdicts.facts_walk import facts_lacking

# Comments that a page waits for; a command has no such limit.
MOST_COMMENTS = 100_000


@desk_view(TRY)
def simulation(request: HttpRequest, person: Person, version: int) -> HttpResponse:
    """Asks for a range of comments; simulates the version on them if they are few enough for a page."""
    found = version_or_404(version)
    form = ScopeForm(request.GET if "run" in request.GET else None, person)
    if not form.is_valid():
        return _show(request, person, found, form, status=400 if form.is_bound else 200)
    if _is_larger(form.scope):
        return _show(request, person, found, form, command=form.command(version))
    try:
        report = _simulated(parse_policy(found.body, version=version), form.scope)
    except ServiceError as error:
        return _show(request, person, found, form, refused=error, status=STATUSES.get(error.code, 400))
    return _show(request, person, found, form, **_shown(report))


def _is_larger(scope: SimulationScope) -> bool:
    return scope.reviews().order_by()[: MOST_COMMENTS + 1].count() > MOST_COMMENTS


def _simulated(policy: Policy, scope: SimulationScope) -> dict[str, Any]:
    if policy.unresolved:
        raise conflict(_("A goal of this version has no number yet, so that nothing can be judged by it."))
    return policy_simulate(policy=policy, scope=scope)


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
        "lacking": facts_lacking(),
    }


def _show(
    request: HttpRequest, person: Person, found: PolicyVersion, form: ScopeForm, status: int = 200, **shown: Any
) -> HttpResponse:
    title = _("Simulate version %(number)d") % {"number": found.version}
    own = {"version": found, "form": form, "most": MOST_COMMENTS, "measures": MEASURES.values(), **shown}
    return desk_page(request, person, "policies/simulation", title=title, status=status, **own)
