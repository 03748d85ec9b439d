"""The versions of the policy: all of them, one in words with its tests and its differences, and activation."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models.fields.json import KT
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moderation.desk.access import Person, desk_view
from moderation.desk.policies.refusals import FaultLine, fault_lines
from moderation.desk.policies.words import ChangeLine, change_lines, example_words, rule_lines
from moderation.desk.responses import address, desk_page, go, refused_status
from moderation.desk.views.policies.access import READ, may_activate, may_write, version_number, version_or_404
from moderation.models import PolicyStatus, PolicyVersion
from moderation.policies import Policy, PolicyError, parse_policy
from moderation.policies.checks import policy_check
from moderation.policies.examples import ExampleOutcome
from moderation.services.errors import ServiceError
from moderation.services.policies.catalogue import policy_catalogue
from moderation.services.policies.examples import policy_test
from moderation.services.policies.refusals import unreadable
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.versions import policy_compare
from moderation.services.verdicts.facts_walk import policy_lacking

PAGE = 50
# Versions that a comparison offers.
OFFERED = 200
TEST, ACTIVATE = "test", "activate"


@desk_view(READ)
def versions(request: HttpRequest, person: Person) -> HttpResponse:
    """Lists the versions, the newest first."""
    rows = PolicyVersion.objects.select_related("author", "activated_by").defer("body")
    before = version_number(request.GET.get("before", ""))
    rows = rows if before is None else rows.filter(version__lt=before)
    found = list(rows.annotate(name=KT("body__name"))[: PAGE + 1])
    return desk_page(
        request,
        person,
        "policies/versions",
        title=_("Policies"),
        versions=found[:PAGE],
        more=found[PAGE - 1].version if len(found) > PAGE else None,
        may_write=may_write(person),
    )


@desk_view(READ)
def version(request: HttpRequest, person: Person, version: int) -> HttpResponse:
    """Shows a version; runs its tests or activates it, if that was posted."""
    found = version_or_404(version)
    try:
        policy = parse_policy(found.body, version=found.version)
    except PolicyError as error:
        return _unread(request, person, found, unreadable(error))
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if act == ACTIVATE:
        return _activated(request, person, found, policy)
    if act == TEST:
        return _tested(request, person, found, policy)
    return _show(request, person, found, policy)


def _activated(request: HttpRequest, person: Person, found: PolicyVersion, policy: Policy) -> HttpResponse:
    if not may_activate(person):
        raise PermissionDenied
    try:
        policy_activate(version=found.version, actor=person.user)
    except ServiceError as error:
        return _show(request, person, found, policy, refused=error)
    said = _("Version %(number)d is active: it judges what is scored from now on.")
    messages.success(request, said % {"number": found.version})
    return go(address("policy", found.version))


def _tested(request: HttpRequest, person: Person, found: PolicyVersion, policy: Policy) -> HttpResponse:
    if not (may_write(person) or may_activate(person)):
        raise PermissionDenied
    try:
        outcomes = policy_test(policy=policy)
    except ServiceError as error:
        return _show(request, person, found, policy, refused=error)
    return _show(request, person, found, policy, outcomes=outcomes)


def _show(
    request: HttpRequest,
    person: Person,
    found: PolicyVersion,
    policy: Policy,
    refused: ServiceError | None = None,
    outcomes: list[ExampleOutcome] | None = None,
) -> HttpResponse:
    findings = policy_check(policy, policy_catalogue())
    outcome = {one.example.pointer: one for one in outcomes or ()}
    return desk_page(
        request,
        person,
        "policies/version",
        title=_("Version %(number)d of the policy") % {"number": found.version},
        status=refused_status(refused),
        version=found,
        policy=policy,
        rules=rule_lines(policy, findings),
        tests=[(example_words(one), one, outcome.get(one.pointer)) for one in policy.tests],
        failed=None if outcomes is None else sum(not one.passed for one in outcomes),
        refused=refused,
        faults=_faults(refused, found.body),
        may_write=may_write(person),
        may_activate=may_activate(person),
        lacking=policy_lacking(policy) if may_activate(person) else None,
        **_comparison(request, found),
    )


def _unread(request: HttpRequest, person: Person, found: PolicyVersion, refused: ServiceError) -> HttpResponse:
    """Shows a version of an earlier time that is not read any more: why, and in what it differs from others."""
    return desk_page(
        request,
        person,
        "policies/version",
        title=_("Version %(number)d of the policy") % {"number": found.version},
        status=200 if request.method == "GET" else 400,
        version=found,
        refused=refused,
        faults=_faults(refused, found.body),
        failed=None,
        **_comparison(request, found),
    )


def _faults(refused: ServiceError | None, body: Mapping[str, Any]) -> list[FaultLine]:
    return fault_lines(refused, body) if refused else []


def _comparison(request: HttpRequest, found: PolicyVersion) -> dict[str, Any]:
    """Returns the version that was asked for (else the active one or the one before) and what changes from it."""
    others = list(PolicyVersion.objects.exclude(pk=found.pk).defer("body").order_by("-version")[:OFFERED])
    asked = request.GET.get("against", "")
    chosen = next((one for one in others if str(one.version) == asked), None)
    against = chosen or next((one for one in others if one.active or one.status == PolicyStatus.RETIRED), None)
    changes: list[ChangeLine] = []
    if against is not None:
        before = version_or_404(against.version).body
        changes = change_lines(policy_compare(before=before, after=found.body))
    return {"others": others, "against": against, "changes": changes}
