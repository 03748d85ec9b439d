"""Which models this installation has scored with, which are active, and who serves which language.

The scoring engine knows which models it can open; the rows here record which were used, with which checksum, and
whose scores count. First use registers and activates the models of MODERATION_MODELS. Of the active ones, the first in
that order that serves a language has it; a model that the setting does not name was chosen by hand and comes first.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.apps import apps
from django.conf import settings
from django.db import transaction

from archive.models import Comment
from moderation.models import Claim, ModelVersion, Review, Score
from moderation.policies import built_in_policy
from moderation.policies.verdict import UNSCORABLE
from moderation.scoring import (
    ModelDescription,
    Router,
    Routing,
    Scorer,
    ScoringError,
    available,
    describe,
    open_scorer,
    verify_now,
)
from moderation.scoring.catalogue.routing import ALL, languages_routed
from moderation.scoring.text.language import language_code
from moderation.scoring.thresholds import thresholds_routed
from moderation.seeds import renew_policy
from moderation.services.errors import conflict, invalid

logger = logging.getLogger(__name__)

REFUSED_LANGUAGE = f"{UNSCORABLE}:language_not_supported"
# The project's own; one that is not installed is no fault.
OWN_MODELS = ("compact", "world")


@dataclass(frozen=True)
class ModelsInUse:
    """The models that score together: their rows, and who serves what, both in the same order."""

    rows: tuple[ModelVersion, ...]
    routing: Routing

    @property
    def label(self) -> str:
        """All of them in one word: of one model, its label."""
        return self.routing.label

    @cached_property
    def labels(self) -> dict[int, str]:
        """The labels of the models by their rows' ids."""
        return {row.pk: str(row) for row in self.rows}

    @cached_property
    def by_label(self) -> dict[str, ModelVersion]:
        """The rows by what a result calls its model."""
        return {str(row): row for row in self.rows}

    @property
    def probes(self) -> list[str]:
        """A language of each model, in which any text goes to it."""
        served = (self.routing.languages_of(model) for model in self.routing.models)
        return [codes[0] for codes in served if codes]

    def languages_elsewhere(self, row: ModelVersion) -> list[str]:
        """Returns the languages that go to another of the models."""
        return [code for code, model in self.routing.routes.items() if model.label != str(row)]

    def counts(self, score: Score) -> bool:
        """Returns whether a score is by the model that its text would go to now, as far as its language tells."""
        model, label = self.routing.routes.get(score.language), self.labels.get(score.model_id)
        return label is not None and (model is None or model.label == label)


def model_describe(*, label: str, pointer: str = "/model") -> ModelDescription:
    """Returns the engine's description of `label` (`compact` or `compact@1`).

    Raises ServiceError at `pointer` for an unknown name.
    """
    try:
        return describe(label)
    except ScoringError as error:
        raise invalid(pointer, error.detail, code=error.code) from error


def models_named() -> tuple[str, ...]:
    """Returns the names that MODERATION_MODELS gives, in its order; by default the project's own."""
    return tuple(settings.MODERATION_MODELS) or OWN_MODELS


def models_described() -> list[ModelDescription]:
    """Returns the models that are active at first; raises ServiceError for one that is named and not installed."""
    if settings.MODERATION_MODELS:
        return [model_describe(label=name, pointer="/MODERATION_MODELS") for name in settings.MODERATION_MODELS]
    return [describe(name) for name in OWN_MODELS if name in available()]


def languages_allowed() -> frozenset[str]:
    """Returns the languages that are served although a model has them as experimental."""
    named = settings.MODERATION_EXPERIMENTAL_LANGUAGES
    return frozenset(ALL if code.strip().lower() == ALL else language_code(code) for code in named) - {""}


def model_scorer(version: ModelVersion) -> Scorer:
    """Returns the scorer of a registered model; raises ScoringError if its files are gone."""
    return open_scorer(str(version), threads=settings.MODERATION_THREADS or None)


def models_scorer(models: ModelsInUse) -> Router:
    """Returns the scorer of models that score together; raises ScoringError if files are gone."""
    return Router(models.routing, threads=settings.MODERATION_THREADS or None)


def model_register(*, description: ModelDescription) -> ModelVersion:
    """Returns the row of a model, creating it if needed; a different checksum under the same name is a conflict."""
    version, _ = ModelVersion.objects.get_or_create(
        name=description.name,
        version=description.version,
        defaults={
            "sha256": description.sha256,
            "attributes": list(description.attributes),
            "languages": list(description.languages),
            "experimental_languages": list(description.experimental_languages),
        },
    )
    if version.sha256 != description.sha256:
        raise conflict(f"{version} was registered with another checksum: a changed model needs a new version number.")
    return version


def models_active() -> list[ModelVersion]:
    """Returns the active models, the first choice first; registers and activates those named if there are none yet."""
    return models_ordered(ModelVersion.objects.filter(active=True)) or _activate_first()


def model_active() -> ModelVersion:
    """Returns the first of the active models, which has the default language."""
    return models_active()[0]


def models_in_use() -> ModelsInUse:
    """Returns the active models and who serves what; raises ScoringError if the files of one are gone."""
    return models_together(models_active())


def model_serving(language: str, *, pointer: str = "/language") -> ModelVersion:
    """Returns the active model that serves a language, the first one if none is given.

    Raises ServiceError at `pointer` if none serves it, ScoringError if files are gone.
    """
    if not language:
        return model_active()
    models = models_in_use()
    found = models.routing.routes.get(language_code(language))
    if found is None:
        served = ", ".join(models.routing.languages)
        raise invalid(
            pointer, f"No active model serves {language[:20]}; served are {served}.", code="unserved_language"
        )
    return models.by_label[found.label]


def model_preferred(language: str) -> ModelVersion:
    """Returns the active model that serves a language; the first one if none does, or none is given."""
    models = models_in_use()
    found = models.routing.routes.get(language_code(language), models.routing.models[0])
    return models.by_label[found.label]


def models_together(rows: Sequence[ModelVersion]) -> ModelsInUse:
    """Returns models as they score together; raises ScoringError if the files of one are gone."""
    return ModelsInUse(tuple(rows), Routing(tuple(describe(str(row)) for row in rows), languages_allowed()))


def models_ordered(rows: Collection[ModelVersion]) -> list[ModelVersion]:
    """Returns models in the order of MODERATION_MODELS; before these, the newest first, those that it does not name."""
    ranks = {name.partition("@")[0]: rank for rank, name in enumerate(models_named())}
    return sorted(rows, key=lambda row: (ranks.get(row.name, -1), -(row.pk or 0)))


def scorer_active() -> Router:
    """Returns the scorer of the active models, each opened once per process and safe to share between threads."""
    return models_scorer(models_in_use())


def model_check() -> None:
    """Checks that each active model's files match their registered hash and that it loads; writes nothing.

    Opens models that this process has not opened yet. Cheap to repeat while the files stay the same. Raises
    ScoringError if a file is missing, truncated or changed, or does not load.
    """
    active = list(ModelVersion.objects.filter(active=True))
    for label in [str(row) for row in active] or [one.label for one in models_described()]:
        description = verify_now(label)
        if any(str(row) == label and row.sha256 != description.sha256 for row in active):
            raise ScoringError("model_hash_mismatch", f"{label} was registered with another checksum.")
        open_scorer(label, threads=settings.MODERATION_THREADS or None).load()


@transaction.atomic
def model_activate(*, label: str) -> ModelVersion:
    """Makes `label` (`compact@1`) a model whose scores count, registering it if it is new.

    It shares the languages with the other active ones; those that have none left end being active. Scores of other
    models stay. Comments that were refused for a language that is served now become unscored again, and comments that
    were set aside because a model failed on them are tried again.
    """
    version = model_register(description=model_describe(label=label))
    if not ModelVersion.objects.filter(pk=version.pk, active=True).exists():
        _switch_on(version)
        Claim.objects.filter(set_aside_at__isnull=False).delete()
    _policy_renew()
    unscore_supported()
    version.refresh_from_db()
    return version


@transaction.atomic
def model_deactivate(*, label: str) -> ModelVersion:
    """Ends that a model (`world` or `world@1`) is active: its languages go to the next that serves them.

    Its scores stay. Raises ServiceError: `validation_error` at `/model` if it is not active, `conflict` if no other is.
    """
    active = {str(row): row for row in ModelVersion.objects.select_for_update().filter(active=True)}
    version = active.get(label) or {row.name: row for row in active.values()}.get(label)
    if version is None:
        raise invalid("/model", f"{label} is not active; active: {', '.join(active) or 'none'}.")
    if len(active) == 1:
        raise conflict(f"{version} is the only active model: activate another one first.")
    ModelVersion.objects.filter(pk=version.pk).update(active=False)
    _policy_renew()
    version.refresh_from_db()
    return version


def unscore_supported() -> int:
    """Marks comments as unscored that were refused for a language that is served now; returns how many."""
    served = languages_routed(models_ordered(ModelVersion.objects.filter(active=True)), languages_allowed())
    refused = Review.objects.filter(verdict__rule=REFUSED_LANGUAGE, facts__language__in=list(served))
    waiting = Comment.objects.open().filter(pk__in=refused.values("comment_id"))
    return waiting.update(taken_revision=0)


def _policy_renew() -> None:
    """Gives the built-in policy the thresholds of the languages served now, where nobody has written another policy."""
    active = models_ordered(ModelVersion.objects.filter(active=True))
    try:
        by_language = thresholds_routed(models_together(active).routing)
    except ScoringError as error:
        logger.error("the built-in policy keeps its thresholds: %s", error.code)
        return
    renew_policy(apps, built_in_policy(by_language))


def _activate_first() -> list[ModelVersion]:
    """Activates the models that are named, unless another process has got there first."""
    described = models_described()
    with transaction.atomic():
        rows = [model_register(description=one) for one in described]
        # The rows are locked in one order, and looked at once more.
        locked = list(ModelVersion.objects.select_for_update().order_by("pk"))
        if not any(row.active for row in locked):
            ModelVersion.objects.filter(pk__in=[row.pk for row in rows]).update(active=True)
            _policy_renew()
    return models_ordered(ModelVersion.objects.filter(active=True))


def _switch_on(version: ModelVersion) -> None:
    """Activates a model and ends it for those that it replaces: of its name, and those it leaves no language."""
    others = [row for row in ModelVersion.objects.select_for_update().filter(active=True) if row.name != version.name]
    kept = _beside(version, others)
    ModelVersion.objects.filter(active=True).exclude(pk__in=[row.pk for row in kept]).update(active=False)
    ModelVersion.objects.filter(pk=version.pk).update(active=True)


def _beside(version: ModelVersion, others: Sequence[ModelVersion]) -> list[ModelVersion]:
    """Returns the models that stay active beside one that was activated.

    One that MODERATION_MODELS names ends those that it does not name and that compete with it. If the order would leave
    the activated one without a language, those that have its languages end: who activates a model wants it to serve.
    """
    named = {name.partition("@")[0] for name in models_named()}
    if version.name in named:
        mine = {*version.languages, *version.experimental_languages}
        others = [row for row in others if row.name in named or not mine & set(row.languages)]
    routes = languages_routed(models_ordered([version, *others]), languages_allowed())
    if version not in routes.values():
        before = [routes[code] for code in version.languages if code in routes]
        routes = languages_routed([version, *(row for row in others if row not in before)], languages_allowed())
    return [row for row in others if row in routes.values()]
