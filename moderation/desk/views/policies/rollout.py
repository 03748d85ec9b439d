"""A version's way into effect: its stage, what its rules hit beside the version before, what it would have done."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.desk.access import Person, desk_view
from moderation.desk.policies.refusals import fault_lines
from moderation.desk.policies.rollouts import HEIGHT, STEP, hit_lines
from moderation.desk.policies.simulations import MEASURES, figure
from moderation.desk.responses import STATUSES, address, desk_page, go
from moderation.desk.views.policies.access import READ, may_activate, version_or_404
from moderation.models import PolicyStatus, PolicyVersion
from moderation.models.rules.policy import CANDIDATES
from moderation.policies import Policy, parse_policy
from moderation.services.errors import ServiceError, invalid
from moderation.services.policies.hits import DAYS, rule_alarms, rule_hits
from moderation.services.policies.rights import AUTOMATE
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.rollout.stages import (
    LEAST_PERCENT,
    MOST_PERCENT,
    policy_retire,
    policy_rollout,
    policy_shadow,
)
from moderation.services.policies.shadow_report import shadow_report
from moderation.services.verdicts.facts_walk import policy_lacking
from moderation.services.verdicts.policy import rollout_of

DIGITS = 3
FIRST_PERCENT = 10


@desk_view(READ)
def rollout(request: HttpRequest, person: Person, version: int) -> HttpResponse:
    """Shows how far the version has come; takes it a stage on, if that was posted."""
    found = version_or_404(version)
    if request.method != "POST":
        return _show(request, person, found)
    if not may_activate(person):
        raise PermissionDenied
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        return _show(request, person, found)
    try:
        done, said = act(request, person, version)
    except ServiceError as error:
        return _show(request, person, found, refused=error)
    messages.success(request, said)
    return go(address("policy-rollout", done.version))


Done = tuple[PolicyVersion, str]


def _shadow(_request: HttpRequest, person: Person, version: int) -> Done:
    row = policy_shadow(version=version, actor=person.user)
    return row, _("Version %(number)d is in shadow: it judges what comes, without effect.") % {"number": row.version}


def _rollout(request: HttpRequest, person: Person, version: int) -> Done:
    percent = _percent(request.POST.get("percent", ""))
    row = policy_rollout(version=version, percent=percent, actor=person.user)
    said = _("Version %(number)d judges %(percent)d %% of the comments that come.")
    return row, said % {"number": row.version, "percent": percent}


def _activate(_request: HttpRequest, person: Person, version: int) -> Done:
    row = policy_activate(version=version, actor=person.user)
    said = _("Version %(number)d is active: it judges what is scored from now on.")
    return row, said % {"number": row.version}


def _retire(_request: HttpRequest, person: Person, version: int) -> Done:
    row = policy_retire(version=version, actor=person.user)
    return row, _("Version %(number)d is retired.") % {"number": row.version}


ACTS: dict[str, Callable[[HttpRequest, Person, int], Done]] = {
    "shadow": _shadow,
    "rollout": _rollout,
    "activate": _activate,
    "retire": _retire,
}


def _percent(typed: str) -> int:
    typed = typed.strip().removesuffix("%").strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) <= DIGITS):
        said = _("A share is a whole number from %(least)d to %(most)d percent.")
        raise invalid("/percent", said % {"least": LEAST_PERCENT, "most": MOST_PERCENT}, limit=MOST_PERCENT)
    return int(typed)


def _show(
    request: HttpRequest, person: Person, found: PolicyVersion, refused: ServiceError | None = None
) -> HttpResponse:
    policy, today = parse_policy(found.body, version=found.version), timezone.now().date()
    report = rule_hits(version=found, until=today, sources=person.sources)
    alarms = rule_alarms(version=found, day=today, sources=person.sources)
    return desk_page(
        request,
        person,
        "policies/rollout",
        title=_("Rollout of version %(number)d") % {"number": found.version},
        status=STATUSES.get(refused.code, 400) if refused else 200,
        version=found,
        policy=policy,
        refused=refused,
        faults=fault_lines(refused, found.body) if refused else [],
        report=report,
        hits=hit_lines(policy, report, alarms),
        days=DAYS,
        chart=(DAYS * STEP, HEIGHT),
        stages=PolicyStatus.choices,
        lacking=policy_lacking(policy) if may_activate(person) else None,
        percent=request.POST.get("percent", ""),
        **_stage(person, found, policy),
        **_shadowed(found, person),
    )


def _stage(person: Person, found: PolicyVersion, policy: Policy) -> dict[str, Any]:
    """Returns where the version is, what may become of it, and what stands in the way."""
    user, own = person.user, rollout_of(found)
    others = PolicyVersion.objects.exclude(pk=found.pk).only("version", "status", "active")
    other = next(iter(others.filter(status__in=CANDIDATES)), None)
    own_work = settings.POLICY_TWO_PEOPLE and found.author_id == user.pk
    lacks_right = bool(policy.automatic) and not user.has_perm(AUTOMATE)
    effective = may_activate(person) and not own_work and not lacks_right
    return {
        "rollout": own,
        "active": others.filter(active=True).first(),
        "other": other,
        "may_activate": may_activate(person),
        "two_people": settings.POLICY_TWO_PEOPLE,
        "own_work": own_work,
        "lacks_right": lacks_right,
        "is_candidate": found.status in CANDIDATES,
        "first_percent": (own and own.percent) or FIRST_PERCENT,
        "may_shadow": found.status not in {PolicyStatus.SHADOW, PolicyStatus.ACTIVE} and other is None,
        "may_retire": found.status not in {PolicyStatus.RETIRED, PolicyStatus.ACTIVE},
        "may_share": effective and found.status in CANDIDATES,
        "may_switch": effective and (not found.active or bool(own and own.braked_at)),
    }


def _shadowed(found: PolicyVersion, person: Person) -> dict[str, Any]:
    """Returns what the version said as a candidate, for tables; nothing of one that never was."""
    if rollout_of(found) is None:
        return {"shadow": None}
    said = shadow_report(version=found, sources=person.sources)
    estimates = [
        (one["of"] == "candidate", one["decided"], [figure(one[name]) for name in MEASURES]) for one in said.estimates
    ]
    shown = said.compared or said.failures or found.status in CANDIDATES
    return {"shadow": said if shown else None, "shadow_estimates": estimates, "measures": MEASURES.values()}
