"""What is wrong with a policy, as the error that all edges show."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from moderation.policies import Policy, PolicyError
from moderation.policies.checks import Finding
from moderation.policies.errors import join_pointer
from moderation.policies.messages import message_said
from moderation.services.errors import FieldError, ServiceError, invalid


def unreadable(error: PolicyError) -> ServiceError:
    """Returns the error for a policy that cannot be read, at the place of the fault."""
    return invalid(
        join_pointer(error.pointer, error.key) if error.key else error.pointer, message_said(error.detail, _)
    )


def refused(findings: Iterable[Finding]) -> ServiceError:
    """Returns the error for a policy with these errors."""
    errors = tuple(FieldError(one.pointer, one.code, message_said(one.detail, _)) for one in findings)
    return ServiceError("validation_error", errors[0].detail, errors)


def refuse_goals(policy: Policy, *, below: str = "") -> None:
    """Raises ServiceError for each goal that has no number yet; `below` stands before the pointers."""
    detail = _("This goal has not been resolved to a number yet.")
    errors = tuple(FieldError(f"{below}{pointer}/goal", "unresolved_goal", detail) for pointer in policy.unresolved)
    if errors:
        raise ServiceError("validation_error", detail, errors)
