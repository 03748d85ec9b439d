"""Which models this installation has scored with, and which one is active.

The engine says what it can open; the rows here say what was opened, with which checksum, and whose scores count. The
first use registers and activates MODERATION_MODEL.
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
    """Returns what the engine knows of `label` (`compact` or `compact@1`); an unknown name is refused by `pointer`."""
    try:
        return describe(label)
    except ScoringError as error:
        raise invalid(pointer, error.detail, code=error.code) from error


def model_scorer(version: ModelVersion) -> Scorer:
    """Returns the scorer of a registered model; raises ScoringError where its files are gone."""
    return open_scorer(str(version), threads=settings.MODERATION_THREADS or None)


def model_register(*, description: ModelDescription) -> ModelVersion:
    """Returns the row of a model, adding it where it is missing; refuses a second checksum under one name."""
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
    """Returns the active model; the first time, MODERATION_MODEL is registered and activated."""
    active = ModelVersion.objects.filter(active=True).first()
    return active or _activate_first(model_describe(label=settings.MODERATION_MODEL, pointer="/MODERATION_MODEL"))


def scorer_active() -> Scorer:
    """Returns the scorer of the active model; it is cached in the process and safe to share among threads."""
    return model_scorer(model_active())


def model_check() -> None:
    """Checks what scoring needs as it is now, and opens the model where this process has not; writes nothing.

    The active model's files have the hash that was registered with it. Cheap to repeat while they stay the same.
    Raises ScoringError where a file is missing, was cut or changed, or does not load.
    """
    active = ModelVersion.objects.filter(active=True).first()
    description = verify_now(str(active) if active else settings.MODERATION_MODEL)
    if active and active.sha256 != description.sha256:
        raise ScoringError("model_hash_mismatch", f"{active} was registered with another checksum.")
    open_scorer(description.label, threads=settings.MODERATION_THREADS or None).load()


@transaction.atomic
def model_activate(*, label: str) -> ModelVersion:
    """Makes `label` (`compact@1`) the model whose scores count; registers it where it is new.

    Scores of other models stay. Comments that an earlier model refused for their language are taken again where this
    one serves it, and comments that made an earlier model fail get a new start.
    """
    version = model_register(description=model_describe(label=label))
    if ModelVersion.objects.filter(pk=version.pk, active=True).exists():
        return version
    ModelVersion.objects.filter(active=True).update(active=False)
    ModelVersion.objects.filter(pk=version.pk).update(active=True)
    Claim.objects.filter(set_aside_at__isnull=False).delete()
    _take_again(version)
    version.refresh_from_db()
    return version


def _activate_first(description: ModelDescription) -> ModelVersion:
    version = model_register(description=description)
    try:
        with transaction.atomic():
            ModelVersion.objects.filter(pk=version.pk).update(active=True)
    except IntegrityError:
        # Another process was first, and one model is active at a time.
        return ModelVersion.objects.get(active=True)
    version.refresh_from_db()
    return version


def _take_again(version: ModelVersion) -> int:
    refused = Review.objects.filter(verdict__rule=REFUSED_LANGUAGE, facts__language__in=version.languages)
    waiting = Comment.objects.open().filter(pk__in=refused.values("comment_id"))
    return waiting.update(taken_revision=0)
