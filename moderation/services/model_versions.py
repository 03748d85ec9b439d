"""Which models this installation has scored with, and which one is active.

The scoring engine knows which models it can open; the rows here record which were used, with which checksum, and
whose scores count. First use registers and activates MODERATION_MODEL.
"""

from django.conf import settings
from django.db import IntegrityError, transaction

from archive.models import Comment
from moderation.models import Claim, ModelVersion, Review
from moderation.policies.verdict import UNSCORABLE
from moderation.scoring import ModelDescription, Scorer, ScoringError, describe, open_scorer, verify_now
from moderation.services.errors import conflict, invalid

REFUSED_LANGUAGE = f"{UNSCORABLE}:language_not_supported"


def model_describe(*, label: str, pointer: str = "/model") -> ModelDescription:
    """Returns the engine's description of `label` (`compact` or `compact@1`).

    Raises ServiceError at `pointer` for an unknown name.
    """
    try:
        return describe(label)
    except ScoringError as error:
        raise invalid(pointer, error.detail, code=error.code) from error


def model_scorer(version: ModelVersion) -> Scorer:
    """Returns the scorer of a registered model; raises ScoringError if its files are gone."""
    return open_scorer(str(version), threads=settings.MODERATION_THREADS or None)


def model_register(*, description: ModelDescription) -> ModelVersion:
    """Returns the row of a model, creating it if needed; a different checksum under the same name is a conflict."""
    version, _ = ModelVersion.objects.get_or_create(
        name=description.name,
        version=description.version,
        defaults={
            "sha256": description.sha256,
            "attributes": list(description.attributes),
            "languages": list(description.languages),
        },
    )
    if version.sha256 != description.sha256:
        raise conflict(f"{version} was registered with another checksum: a changed model needs a new version number.")
    return version


def model_active() -> ModelVersion:
    """Returns the active model; registers and activates MODERATION_MODEL if there is none yet."""
    active = ModelVersion.objects.filter(active=True).first()
    return active or _activate_first(model_describe(label=settings.MODERATION_MODEL, pointer="/MODERATION_MODEL"))


def scorer_active() -> Scorer:
    """Returns the scorer of the active model, which is cached per process and safe to share between threads."""
    return model_scorer(model_active())


def model_check() -> None:
    """Checks that the active model's files match their registered hash and that the model loads; writes nothing.

    Opens the model if this process has not done so yet. Cheap to repeat while the files stay the same. Raises
    ScoringError if a file is missing, truncated or changed, or does not load.
    """
    active = ModelVersion.objects.filter(active=True).first()
    description = verify_now(str(active) if active else settings.MODERATION_MODEL)
    if active and active.sha256 != description.sha256:
        raise ScoringError("model_hash_mismatch", f"{active} was registered with another checksum.")
    open_scorer(description.label, threads=settings.MODERATION_THREADS or None).load()


@transaction.atomic
def model_activate(*, label: str) -> ModelVersion:
    """Makes `label` (`compact@1`) the model whose scores count, registering it if it is new.

    Scores of other models stay. Comments that an earlier model refused for their language become unscored again if this
    model supports it, and comments that were set aside because a model failed on them are tried again.
    """
    version = model_register(description=model_describe(label=label))
    if ModelVersion.objects.filter(pk=version.pk, active=True).exists():
        return version
    ModelVersion.objects.filter(active=True).update(active=False)
    ModelVersion.objects.filter(pk=version.pk).update(active=True)
    Claim.objects.filter(set_aside_at__isnull=False).delete()
    _unscore_newly_supported(version)
    version.refresh_from_db()
    return version


def _activate_first(description: ModelDescription) -> ModelVersion:
    version = model_register(description=description)
    try:
        with transaction.atomic():
            ModelVersion.objects.filter(pk=version.pk).update(active=True)
    except IntegrityError:
        # Another process got there first; only one model can be active.
        return ModelVersion.objects.get(active=True)
    version.refresh_from_db()
    return version


def _unscore_newly_supported(version: ModelVersion) -> int:
    """Marks comments as unscored that were refused for a language this model supports; returns how many."""
    refused = Review.objects.filter(verdict__rule=REFUSED_LANGUAGE, facts__language__in=version.languages)
    waiting = Comment.objects.open().filter(pk__in=refused.values("comment_id"))
    return waiting.update(taken_revision=0)
