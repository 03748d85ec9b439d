"""Who may write and activate policies, beyond what an edge asks for."""

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from moderation.models import ApiKey, PolicyVersion, Scope
from moderation.policies import Policy
from moderation.services.accounts.api_keys import key_sources
from moderation.services.accounts.source_limits import user_sources
from moderation.services.errors import denied

AUTOMATE = "moderation.automate_policy"


def reach_check(*, actor: User | None, key: ApiKey | None = None) -> None:
    """Raises ServiceError `permission_denied` if the actor, or the key, is limited to some sources."""
    if user_sources(actor) or (key is not None and key_sources(key)):
        raise denied(_("A policy applies to all sources, and you are limited to some of them."))


def automation_check(*, policy: Policy, actor: User | None, key: ApiKey | None) -> None:
    """Raises ServiceError `permission_denied` for rules that act without a person, unless the caller may let them.

    A key needs the scope `policy_automate`, a person the permission `automate_policy`; the command line (None) may.
    """
    allowed = Scope.POLICY_AUTOMATE in key.scopes if key is not None else actor is None or actor.has_perm(AUTOMATE)
    if policy.automatic and not allowed:
        rule = policy.automatic[0]
        lacking = _("the scope %(name)s") % {"name": Scope.POLICY_AUTOMATE} if key else AUTOMATE.partition(".")[2]
        told = {"rule": rule.id, "action": rule.action, "lacking": lacking}
        detail = _("The rule %(rule)s would %(action)s without a person: activating it requires %(lacking)s.") % told
        raise denied(detail, f"{rule.pointer}/action")


def consent_check(*, version: PolicyVersion, actor: User | None, key: ApiKey | None) -> None:
    """Raises ServiceError `permission_denied` if two people are asked for and the actor is not a second one.

    A key is no person: whoever holds one could be both. Nobody wrote the version that came with the installation, and
    what was active before had its second person.
    """
    if not settings.POLICY_TWO_PEOPLE:
        return
    if actor is None or key is not None:
        raise denied(_("POLICY_TWO_PEOPLE is on: a person has to activate the policy, and to say who they are."))
    if version.author_id == actor.pk:
        raise denied(_("POLICY_TWO_PEOPLE is on: somebody other than its author has to activate a policy."))
    if not _has_author(version) and version.activated_at is None and version.version > 1:
        said = _("POLICY_TWO_PEOPLE is on, and this version does not say who wrote it: write it as a person.")
        raise denied(said)


def _has_author(version: PolicyVersion) -> bool:
    """Returns whether the version says which person wrote it."""
    return version.author_id is not None and not ApiKey.objects.filter(user=version.author_id).exists()
