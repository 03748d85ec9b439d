"""A version's way from the draft into effect: in shadow, on a share of the comments, retired, and taken back."""

from collections.abc import Callable, Collection
from math import inf

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.models import ApiKey, PolicyStatus, PolicyVersion, Reversion, Rollout
from moderation.models.rules.policy import CANDIDATES
from moderation.policies import PolicyError, parse_policy
from moderation.services.errors import conflict, invalid
from moderation.services.policies.rights import reach_check
from moderation.services.policies.rollout.activation import effect_check, judging_check
from moderation.services.policies.rollout.brakes import rollout_watch
from moderation.services.policies.versions import lock_versions, policy_get, version_audit
from moderation.services.reversion.preview import preview_check, reversion_preview
from moderation.services.reversion.run import Stop, reversion_begin, reversion_run
from moderation.services.states.version import VersionToken

LEAST_PERCENT, MOST_PERCENT = 1, 100
Progress = Callable[[Reversion], None]


def policy_shadow(*, version: int, actor: User | None, key: ApiKey | None = None) -> PolicyVersion:
    """Puts the version into shadow: it judges beside the active one all that comes, without effect; returns it.

    One that rolls out goes back into shadow. Raises ServiceError: `not_found`; `permission_denied` for a caller who is
    limited to some sources; `validation_error` if a check fails or a goal has no number; `conflict` if it is active or
    in shadow, or if another version is a candidate.
    """
    row = policy_get(version=version)
    reach_check(actor=actor, key=key)
    judging_check(version=row)
    with transaction.atomic():
        row = _locked(row)
        _refuse(row, PolicyStatus.ACTIVE, PolicyStatus.SHADOW)
        _refuse_second(row)
        zero = {"percent": 0, "effective_at": None, "judged": 0, "automatic": 0, "failures": 0, "braked_at": None}
        Rollout.objects.update_or_create(policy=row, defaults=zero)
        return _moved(row, PolicyStatus.SHADOW, actor, key)


def policy_rollout(*, version: int, percent: int, actor: User | None, key: ApiKey | None = None) -> PolicyVersion:
    """Gives the version in shadow, or that rolls out, its share of the comments that come; returns it.

    A comment that is in a share is in every larger one. The version is watched for a day from now; a brake that is on
    is taken off, and the version is watched no longer. Raises ServiceError as `policy_activate` does, `conflict` for a
    version that is no candidate, `validation_error` at `/percent` for one that is not from 1 to 100.
    """
    if not LEAST_PERCENT <= percent <= MOST_PERCENT:
        said = _("A share is %(least)d to %(most)d percent.") % {"least": LEAST_PERCENT, "most": MOST_PERCENT}
        raise invalid("/percent", said, limit=MOST_PERCENT)
    row = policy_get(version=version)
    effect_check(version=row, actor=actor, key=key)
    judging_check(version=row)
    with transaction.atomic():
        row = _locked(row)
        if row.status not in CANDIDATES:
            raise conflict(_("Version %(number)d is %(status)s: put it into shadow first.") % _named(row))
        rollout_watch(version=row, percent=percent)
        row.activated_by, row.activated_at = actor, timezone.now()
        return _moved(row, PolicyStatus.ROLLOUT, actor, key, percent=percent)


def policy_retire(*, version: int, actor: User | None, key: ApiKey | None = None) -> PolicyVersion:
    """Retires a draft or a candidate; what it judged keeps its verdicts until it is judged again. Returns it.

    Raises ServiceError: `not_found`, `permission_denied`; `conflict` for the active version, which ends when another
    becomes active, and for one that is retired.
    """
    row = policy_get(version=version)
    reach_check(actor=actor, key=key)
    with transaction.atomic():
        row = _locked(row)
        _refuse(row, PolicyStatus.ACTIVE, PolicyStatus.RETIRED)
        Rollout.objects.filter(policy=row).update(percent=0)
        return _moved(row, PolicyStatus.RETIRED, actor, key)


def policy_revert(
    *,
    version: int,
    rule: str,
    actor: User | None,
    key: ApiKey | None = None,
    seconds: float = inf,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Reversion:
    """Undoes what one rule of one version did without a person, and makes it act through a person from now on.

    What people decided stays. Runs in chunks until all is done, `seconds` are over or `stop` returns True; the same
    call goes on from there. Returns how far it has come. Raises ServiceError: `not_found`, `permission_denied`, and
    `validation_error` at `/rule` for a rule that the version does not have.
    """
    row = policy_get(version=version)
    reach_check(actor=actor, key=key)
    _check_rule(row, rule)
    with transaction.atomic():
        lock_versions()
        reversion = reversion_begin(version=row, rule=rule, actor=actor, api_key=key.name if key else "")
        version_audit(version=row, action="reverted", actor=actor, key=key, after={"rule": rule})
    return reversion_run(reversion=reversion, seconds=seconds, progress=progress, stop=stop)


def policy_revert_previewed(
    *, version: int, rule: str, last_id: int, tokens: Collection[VersionToken], actor: User, seconds: float
) -> Reversion:
    """Undoes what was previewed, as `policy_revert` does: these comments, of those up to `last_id`, and no others.

    The same call after a new preview goes on if the `seconds` were too few. Raises ServiceError as `policy_revert`
    does, `preview_changed` if other comments would be undone than these: nothing is then undone, nor braked.
    """
    row = policy_get(version=version)
    reach_check(actor=actor)
    _check_rule(row, rule)
    with transaction.atomic():
        lock_versions()
        reversion = reversion_begin(version=row, rule=rule, actor=actor, api_key="", last_id=last_id)
        # With the rule braked nothing is added any more, so what is undone is what was shown or less.
        preview_check(found=reversion_preview(version=row, rule=rule, last_id=last_id), tokens=tokens)
        version_audit(version=row, action="reverted", actor=actor, after={"rule": rule})
    return reversion_run(reversion=reversion, seconds=seconds)


def _locked(row: PolicyVersion) -> PolicyVersion:
    lock_versions()
    return PolicyVersion.objects.select_related("author", "activated_by").get(pk=row.pk)


def _moved(
    row: PolicyVersion, status: PolicyStatus, actor: User | None, key: ApiKey | None, **more: int
) -> PolicyVersion:
    before, after = {"status": row.status}, {"status": str(status), **more}
    version_audit(version=row, action="moved", actor=actor, key=key, before=before, after=after)
    row.status = status
    row.save(update_fields=["status", "activated_by", "activated_at"])
    return policy_get(version=row.version)


def _refuse(row: PolicyVersion, *statuses: PolicyStatus) -> None:
    if row.status in statuses:
        raise conflict(_("Version %(number)d of the policy is %(status)s.") % _named(row))


def _refuse_second(row: PolicyVersion) -> None:
    other = PolicyVersion.objects.filter(status__in=CANDIDATES).exclude(pk=row.pk).first()
    if other is not None:
        said = _("Version %(number)d is %(status)s: retire it first, there is one candidate.")
        raise conflict(said % _named(other))


def _named(row: PolicyVersion) -> dict[str, object]:
    return {"number": row.version, "status": row.get_status_display()}


def _check_rule(row: PolicyVersion, rule: str) -> None:
    try:
        policy = parse_policy(row.body, version=row.version)
    except PolicyError:
        # A version that the current schema refuses has acted all the same.
        return
    if rule not in {one.id for one in policy.rules}:
        said = _("Version %(number)d has no rule %(rule)s.") % {"number": row.version, "rule": rule}
        raise invalid("/rule", said, code="invalid_choice")
