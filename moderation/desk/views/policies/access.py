"""Who may read, write and activate policies at the desk; the services refuse the rest."""

import re

from django.http import Http404

from moderation.desk.access import DECIDE, VIEW, Person
from moderation.models import PolicyVersion
from moderation.services.errors import ServiceError
from moderation.services.policies.versions import policy_get

# No version has more digits.
VERSION = re.compile(r"[0-9]{1,9}", re.ASCII)
CHANGE, ACTIVATE = "moderation.change_policy", "moderation.activate_policy"
READ = (*VIEW, "moderation.view_policyversion")
WRITE = (*READ, CHANGE)
SWITCH = (*READ, ACTIVATE)
# A simulation shows what people decided.
TRY = (*READ, *DECIDE)


def version_or_404(version: int) -> PolicyVersion:
    """Returns the version; raises Http404 if there is none."""
    try:
        return policy_get(version=version)
    except ServiceError as error:
        raise Http404(error.detail) from error


def version_number(text: str) -> int | None:
    """Returns the number of a version that an address names, None for what is none."""
    return int(text) if VERSION.fullmatch(text) else None


def may_write(person: Person) -> bool:
    """Returns whether the person may write policies: who is limited to some sources may not."""
    return person.user.has_perm(CHANGE) and not person.sources


def may_activate(person: Person) -> bool:
    """Returns whether the person may activate policies, as far as that does not depend on the version."""
    return person.user.has_perm(ACTIVATE) and not person.sources
