"""Versions of the policy: made, looked up and compared. A version never changes but in its status."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from moderation.models import ApiKey, AuditKind, PolicyStatus, PolicyVersion
from moderation.policies import Policy, PolicyError, parse_policy, policy_sha256
from moderation.policies.checks import ERROR, Finding, policy_check
from moderation.policies.documents.diff import Change, policy_diff
from moderation.services.errors import invalid, not_found
from moderation.services.ledger.audit import audit_record
from moderation.services.policies.catalogue import policy_catalogue
from moderation.services.policies.refusals import refused, unreadable
from moderation.services.policies.rights import reach_check

NOTE_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class PolicySaved:
    """A version, whether it is new, and what there is to warn of."""

    version: PolicyVersion
    created: bool
    warnings: tuple[Finding, ...]


def policy_create(*, body: Any, actor: User | None, key: ApiKey | None = None, note: str = "") -> PolicySaved:
    """Saves a policy as a draft; a policy that is the newest version already is not saved again.

    `actor` is its author, the key's user if it came with a `key`, None for the command line. Raises ServiceError
    `validation_error`, by JSON pointers into `body`, for a policy that cannot be read or that the static checks find
    errors in, and at `/note` for a note that is too long; `permission_denied` for an actor or a key limited to some
    sources.
    """
    reach_check(actor=actor, key=key)
    if len(note) > NOTE_CHARACTERS:
        detail = _("A note has at most %(limit)d characters.") % {"limit": NOTE_CHARACTERS}
        raise invalid("/note", detail, code="max_length", limit=NOTE_CHARACTERS)
    warnings = policy_validate(body=body)[1]
    version, created = version_save(body=body, author=actor, note=note, key=key)
    return PolicySaved(version, created, warnings)


def policy_validate(*, body: Any) -> tuple[Policy, tuple[Finding, ...]]:
    """Returns the policy and the warnings of the static checks; raises ServiceError `validation_error` as above."""
    try:
        policy = parse_policy(body)
    except PolicyError as error:
        raise unreadable(error) from error
    findings = policy_check(policy, policy_catalogue())
    errors = [one for one in findings if one.level == ERROR]
    if errors:
        raise refused(errors)
    return policy, findings


def policy_get(*, version: int) -> PolicyVersion:
    """Returns the version with its author; raises ServiceError `not_found`."""
    found = PolicyVersion.objects.select_related("author", "activated_by", "rollout").filter(version=version).first()
    if found is None:
        raise not_found(_("There is no version %(number)d of the policy.") % {"number": version})
    return found


def policy_compare(*, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Returns what has to change in the policy `before` to make it `after`; either may be a version's or a file's."""
    return policy_diff(before, after)


@transaction.atomic
def version_save(
    *, body: Mapping[str, Any], author: User | None, note: str, key: ApiKey | None = None
) -> tuple[PolicyVersion, bool]:
    """Saves a policy that has been checked as a draft; returns the version and whether it is new.

    A policy that is the newest version already is not saved again.
    """
    lock_versions()
    newest = PolicyVersion.objects.select_related("author").order_by("-version").first()
    sha256 = policy_sha256(body)
    if newest is not None and newest.sha256 == sha256:
        return newest, False
    number = (PolicyVersion.objects.aggregate(last=Max("version"))["last"] or 0) + 1
    columns = {"body": body, "sha256": sha256, "note": note, "author": author, "status": PolicyStatus.DRAFT}
    row = PolicyVersion.objects.create(version=number, **columns)
    version_audit(version=row, action="created", actor=author, key=key, after={"sha256": sha256})
    return row, True


def version_audit(
    *, version: PolicyVersion, action: str, actor: User | None, key: ApiKey | None = None, **said: Mapping[str, Any]
) -> None:
    """Adds what was done to a version to the audit trail. `actor` is the key's user if it came with a `key`."""
    subject, name = f"version {version.version}", key.name if key else ""
    audit_record(kind=AuditKind.POLICY, action=action, subject=subject, actor=actor, api_key=name, **said)


def lock_versions() -> None:
    """Lets one transaction at a time make versions or change their status: locks the first one."""
    list(PolicyVersion.objects.order_by("version").select_for_update(no_key=True).values_list("pk")[:1])
