"""Works a version's numbers out anew, as a draft that waits for a person."""

from dataclasses import dataclass

from django.contrib.auth.models import User

from moderation.models import ApiKey, ModelVersion, PolicyVersion
from moderation.policies import PolicyError, parse_policy
from moderation.policies.goals import policy_goals
from moderation.services.errors import ServiceError
from moderation.services.model_versions import model_activate
from moderation.services.policies.refusals import unreadable
from moderation.services.policies.resolution import Resolution, policy_resolve
from moderation.services.policies.rights import reach_check
from moderation.services.policies.versions import policy_get, policy_validate, version_save


@dataclass(frozen=True, slots=True)
class Renewal:
    """What came of it: `version` is the draft, None if the numbers are the same as before."""

    of: PolicyVersion
    resolution: Resolution
    version: PolicyVersion | None


@dataclass(frozen=True, slots=True)
class ModelSwitch:
    """A model that was activated, and what became of the active policy's goals.

    Attributes:
        model: The model.
        renewal: The goals resolved anew; None if the policy has none, the model was active already, or it failed.
        refusal: Why they could not be.
    """

    model: ModelVersion
    renewal: Renewal | None = None
    refusal: ServiceError | None = None


def policy_renew(*, version: int, actor: User | None = None, key: ApiKey | None = None) -> Renewal:
    """Resolves the goals of a version anew for the active model, and the audit's shares; saves them as a draft.

    The draft has the same author, whoever asks. Raises ServiceError: `not_found`, `permission_denied` for a caller who
    is limited to some sources, and `validation_error` as `policy_resolve` does.
    """
    row = policy_get(version=version)
    reach_check(actor=actor, key=key)
    try:
        policy = parse_policy(row.body, version=row.version)
    except PolicyError as error:
        raise unreadable(error) from error
    resolution = policy_resolve(version=row, policy=policy, anew=True)
    if resolution.body == row.body:
        return Renewal(row, resolution, None)
    policy_validate(body=resolution.body)
    saved, _ = version_save(body=resolution.body, author=row.author, note=resolution.note(row.version))
    return Renewal(row, resolution, saved)


def model_switch(*, label: str) -> ModelSwitch:
    """Activates a model, and resolves the goals of the active policy anew for it.

    A number that held for one model's scores says nothing of another's. The new version waits for a person; the active
    one judges on until then. If the decisions so far support no number for the new model, it is activated all the same,
    with the reason. Raises ServiceError and ScoringError as `model_activate` does.
    """
    before = list(ModelVersion.objects.filter(active=True))
    model = model_activate(label=label)
    active = PolicyVersion.objects.filter(active=True).first()
    if model in before or active is None or not any(policy_goals(active.body)):
        return ModelSwitch(model)
    try:
        return ModelSwitch(model, policy_renew(version=active.version))
    except ServiceError as error:
        return ModelSwitch(model, refusal=error)
