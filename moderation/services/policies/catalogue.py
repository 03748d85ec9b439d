"""What this installation has that a policy may name: attributes, sources, sections, word lists, languages."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Max, Min

from archive.models import Article, Source
from moderation.models import ModelVersion, Score, WordList
from moderation.policies.checks import Catalogue
from moderation.scoring.catalogue.routing import languages_routed
from moderation.services.model_versions import languages_allowed, models_active

# The newest scores that say what the model ever gives, and how many it takes to say so.
SCORES_READ = 100_000
SCORES_NEEDED = 1_000


def policy_catalogue() -> Catalogue:
    """Returns what policies are checked against. Reads the newest 100,000 scores, in the database."""
    models = models_active()
    sections = Article.objects.exclude(section="").values_list("section", flat=True).distinct().order_by()
    return Catalogue(
        attributes=_attributes(models),
        sources=frozenset(Source.objects.values_list("slug", flat=True)),
        sections=frozenset(sections),
        lists=frozenset(WordList.objects.values_list("name", flat=True)),
        languages=frozenset(code.partition("-")[0].lower() for code in _languages(models)) or None,
    )


def _languages(models: Sequence[ModelVersion]) -> Iterable[str]:
    return languages_routed(models, languages_allowed())


def _attributes(models: Sequence[ModelVersion]) -> dict[str, tuple[float, float] | None]:
    """Returns attribute → the least and largest of the models' newest scores; None if there are too few to say."""
    newest = Score.objects.filter(model__in=models).order_by("-pk").values("pk")[:SCORES_READ]
    bounds: dict[str, Any] = {}
    if newest[SCORES_NEEDED - 1 :].exists():
        ends = {f"{end.name}_{name}": end(name) for name in Score.ATTRIBUTES for end in (Min, Max)}
        bounds = Score.objects.filter(pk__in=newest).aggregate(**ends)
    names = dict.fromkeys(name for model in models for name in model.attributes)
    return {name: _ends(bounds.get(f"Min_{name}"), bounds.get(f"Max_{name}")) for name in names}


def _ends(least: float | None, most: float | None) -> tuple[float, float] | None:
    return None if least is None or most is None else (least, most)
