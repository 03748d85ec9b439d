"""Makes a version of the policy the one that judges, or takes the brake off the one that does."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moderation.models import ApiKey, PolicyStatus, PolicyVersion
from moderation.policies import Policy, PolicyError, parse_policy
from moderation.policies.examples import ExampleOutcome
from moderation.services.errors import FieldError, ServiceError, conflict
from moderation.services.policies.examples import policy_test
from moderation.services.policies.refusals import refuse_goals, unreadable
from moderation.services.policies.resolution import Resolution, policy_resolve
from moderation.services.policies.rights import automation_check, consent_check, reach_check
from moderation.services.policies.rollout.brakes import rollout_watch
from moderation.services.policies.versions import (
    lock_versions,
    policy_get,
    policy_validate,
    version_audit,
    version_save,
)
from moderation.services.verdicts.policy import rollout_of


def policy_activate(*, version: int, actor: User | None, key: ApiKey | None = None) -> PolicyVersion:
    """Makes the version the active one, and retires the one that was; returns it.

    What the version leaves to the archive is worked out first: goals become numbers and the audit's strata get their
    shares (`policy_resolve`). They are frozen in a new version by the same author, which is activated and returned in
    place of this one. The static checks and the policy's own tests run once more, for the model and the installation
    may have changed since it was written. A version that is active and braked may then act without a person again, and
    is no longer watched. `actor` is the person, or the key's user; None for the command line.

    Raises ServiceError: `not_found`; `conflict` if it is active already; `permission_denied` for an actor who is
    limited to some sources, who may not let rules act without a person, or who is no second person where
    POLICY_TWO_PEOPLE asks for one; `validation_error`, by JSON pointers into the policy, if a check or a test fails
    or the decisions so far support no number for a goal. Nothing is saved then.
    """
    row = policy_get(version=version)
    effect_check(version=row, actor=actor, key=key)
    _refuse_active(row)
    resolution = policy_resolve(version=row, policy=_parsed(row))
    _refuse_failures(policy_test(policy=policy_validate(body=resolution.body)[0]))
    return _switch(row, resolution, actor, key)


def effect_check(*, version: PolicyVersion, actor: User | None, key: ApiKey | None) -> None:
    """Raises ServiceError `permission_denied` for a caller who may not let the version take effect."""
    reach_check(actor=actor, key=key)
    automation_check(policy=_parsed(version), actor=actor, key=key)
    consent_check(version=version, actor=actor, key=key)


def judging_check(*, version: PolicyVersion) -> Policy:
    """Returns the policy if it can judge; raises ServiceError `validation_error` for an error of the static checks.

    So it does for a goal without a number.
    """
    policy_validate(body=version.body)
    policy = _parsed(version)
    refuse_goals(policy)
    return policy


def _parsed(row: PolicyVersion) -> Policy:
    try:
        return parse_policy(row.body, version=row.version)
    except PolicyError as error:
        raise unreadable(error) from error


def _refuse_active(row: PolicyVersion) -> None:
    rollout = rollout_of(row)
    if row.active and not (rollout and rollout.braked_at):
        raise conflict(_("Version %(number)d of the policy is already active.") % {"number": row.version})


def _refuse_failures(outcomes: Sequence[ExampleOutcome]) -> None:
    failed = [one for one in outcomes if not one.passed]
    errors = tuple(FieldError(f"{one.example.pointer}/expect", "test_failed", _failure(one)) for one in failed)
    if errors:
        detail = ngettext(
            "%(failed)d of the policy's %(number)d test fails.",
            "%(failed)d of the policy's %(number)d tests fail.",
            len(outcomes),
        ) % {"failed": len(errors), "number": len(outcomes)}
        raise ServiceError("validation_error", detail, errors)


def _failure(outcome: ExampleOutcome) -> str:
    told = {
        "name": outcome.name,
        "action": outcome.action,
        "rule": outcome.rule,
        "expect": outcome.example.expect,
    }
    if outcome.rule:
        return _("FAILED  %(name)s: %(action)s by %(rule)s, expected %(expect)s") % told
    return _("FAILED  %(name)s: %(action)s, for no rule matches, expected %(expect)s") % told


@transaction.atomic
def _switch(row: PolicyVersion, resolution: Resolution, actor: User | None, key: ApiKey | None) -> PolicyVersion:
    lock_versions()
    row = PolicyVersion.objects.select_related("author", "rollout").get(pk=row.pk)
    if resolution.changed:
        row, _made = version_save(body=resolution.body, author=row.author, note=resolution.note(row.version))
    _refuse_active(row)
    rollout_watch(version=row)
    last = PolicyVersion.objects.filter(active=True).values_list("version", flat=True).first()
    PolicyVersion.objects.filter(active=True).update(active=False, status=PolicyStatus.RETIRED)
    row.active, row.status = True, PolicyStatus.ACTIVE
    row.activated_by, row.activated_at = actor, timezone.now()
    row.save(update_fields=["active", "status", "activated_by", "activated_at"])
    version_audit(version=row, action="activated", actor=actor, key=key, before={"active": last})
    return row
