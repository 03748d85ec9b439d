"""Several models as one scorer: each text goes to the model that serves its language.

N texts cost one call of each model that any of them is for. A model is opened when the first text needs it.
"""

from __future__ import annotations

from collections.abc import Sequence

from moderation.scoring.catalogue.routing import Routing
from moderation.scoring.plans import PreparedText, plan
from moderation.scoring.results import Refusal, Result
from moderation.scoring.scorer import Scorer, each_one, open_scorer


class Router:
    """The models of a routing, each opened once in a process and shared; thread-safe."""

    def __init__(self, routing: Routing, *, threads: int | None = None) -> None:
        """Store what to open; nothing is read yet.

        Args:
            routing: The models, and who serves what.
            threads: As for `open_scorer`.

        Raises:
            ScoringError: What `open_scorer` raises.
        """
        self.routing = routing
        self._scorers = {model.label: open_scorer(model.label, threads=threads) for model in routing.models}

    def load(self) -> None:
        """Open the model of the default language, which nearly every text may need; the others wait for a text.

        Raises:
            ScoringError: What `Scorer.load` raises.
        """
        first = self.routing.routes.get(self.routing.default_language, self.routing.models[0])
        self._scorers[first.label].load()

    def scorer(self, label: str) -> Scorer:
        """The scorer of one of the models."""
        return self._scorers[label]

    def score(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str | None] | None = None,
        fallbacks: Sequence[str | None] | None = None,
        spans: bool = False,
        perspective: bool = False,
    ) -> list[Result | Refusal]:
        """As `Scorer.score`, each text by the model that serves its language; a text that none serves is refused."""
        given = zip(texts, each_one(languages, texts), each_one(fallbacks, texts), strict=True)
        plans = [plan(text, language, fallback, self.routing) for text, language, fallback in given]
        found: dict[PreparedText, Result] = {}
        for label, group in self._by_model(plans).items():
            found |= self._scorers[label].score_prepared(group, spans=spans, perspective=perspective)
        return [found[one] if isinstance(one, PreparedText) else one for one in plans]

    def _by_model(self, plans: Sequence[PreparedText | Refusal]) -> dict[str, list[PreparedText]]:
        groups: dict[str, list[PreparedText]] = {}
        for one in plans:
            if isinstance(one, PreparedText):
                groups.setdefault(self.routing.routes[one.language.code].label, []).append(one)
        return groups
