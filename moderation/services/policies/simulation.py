"""Simulates a policy for a caller who waits for the answer."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from moderation.policies import Policy, PolicyError, parse_policy
from moderation.services.errors import FieldError, ServiceError
from moderation.services.policies.refusals import refuse_goals, unreadable
from moderation.services.policies.versions import policy_get
from moderation.services.simulation.run import policy_simulate
from moderation.services.simulation.scope import SimulationScope
from moderation.services.verdicts.policy import policy_active

# About three seconds. More is for the command.
MOST_COMMENTS = 200_000


def policy_try(
    *, body: Mapping[str, Any] | None = None, version: int | None = None, scope: SimulationScope
) -> dict[str, Any]:
    """Returns what a policy would do with the comments in the scope, MOST_COMMENTS at most: see `tally_report`.

    The policy is the `body`, or the version; neither is the active one.

    Raises ServiceError: `not_found` for the version; `conflict` without an active policy; `validation_error` for both
    at once, for too many comments (at `/since`), and by pointers below `/body` for a policy that cannot be read or has
    a goal without a number.
    """
    if body is not None and version is not None:
        detail = _("A policy or the number of a version, not both.")
        raise ServiceError("validation_error", detail, (FieldError("/version", "invalid", detail),))
    policy = _policy(body, version)
    refuse_goals(policy, below="/body")
    _refuse_many(scope)
    return policy_simulate(policy=policy, scope=scope)


def _policy(body: Mapping[str, Any] | None, version: int | None) -> Policy:
    if body is None and version is None:
        return policy_active()[1]
    given = policy_get(version=version).body if version is not None else body
    try:
        return parse_policy(given, version=version or 0)
    except PolicyError as error:
        found = unreadable(error)
        errors = tuple(FieldError(f"/body{one.pointer}", one.code, one.detail) for one in found.errors)
        raise ServiceError(found.code, found.detail, errors) from error


def _refuse_many(scope: SimulationScope) -> None:
    if scope.reviews()[: MOST_COMMENTS + 1].count() <= MOST_COMMENTS:
        return
    detail = _(
        "These are over %(most)s comments, too many for a request: narrow them by since, until, source or section, or "
        "run `manage.py policy simulate`."
    ) % {"most": number_format(MOST_COMMENTS, force_grouping=True)}
    raise ServiceError("validation_error", detail, (FieldError("/since", "too_many", detail, MOST_COMMENTS),))
