"""What this installation has that a policy may name: attributes, sources, sections, word lists, languages."""

from typing import Any

from django.db.models import Max, Min

from archive.models import Article, Source
from moderation.models import ModelVersion, Score, WordList
from moderation.policies.checks import Catalogue
from moderation.services.model_versions import model_active

# The newest scores that say what the model ever gives, and how many it takes to say so.
SCORES_READ = 100_000
SCORES_NEEDED = 1_000


def policy_catalogue() -> Catalogue:
    """Returns what policies are checked against. Reads the newest 100,000 scores, in the database."""
    model = model_active()
    sections = Article.objects.exclude(section="").values_list("section", flat=True).distinct().order_by()
    return Catalogue(
        attributes=_attributes(model),
        sources=frozenset(Source.objects.values_list("slug", flat=True)),
        sections=frozenset(sections),
        lists=frozenset(WordList.objects.values_list("name", flat=True)),
        languages=frozenset(code.partition("-")[0].lower() for code in model.languages) or None,
    )


def _attributes(model: ModelVersion) -> dict[str, tuple[float, float] | None]:
    """Returns attribute → the least and largest of the model's newest scores; None if there are too few to say."""
    newest = Score.objects.by(model).order_by("-pk").values("pk")[:SCORES_READ]
    bounds: dict[str, Any] = {}
    if newest[SCORES_NEEDED - 1 :].exists():
        ends = {f"{end.name}_{name}": end(name) for name in Score.ATTRIBUTES for end in (Min, Max)}
        bounds = Score.objects.filter(pk__in=newest).aggregate(**ends)
    return {name: _ends(bounds.get(f"Min_{name}"), bounds.get(f"Max_{name}")) for name in model.attributes}


def _ends(least: float | None, most: float | None) -> tuple[float, float] | None:
    return None if least is None or most is None else (least, most)
