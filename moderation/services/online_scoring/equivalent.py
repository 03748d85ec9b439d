"""The threshold of ours that equals one of Perspective's, on the newsroom's own comments."""

from collections.abc import Sequence
from math import floor

import numpy as np

from moderation.estimates.equivalence import threshold_of_equal_share
from moderation.models import ModelVersion
from moderation.scoring import ModelDescription, Result, Scorer, ScoringError
from moderation.scoring.perspective import MEANINGS, outputs_served
from moderation.services.errors import ServiceError, invalid
from moderation.services.model_versions import model_scorer, model_serving
from moderation.services.online_scoring.perspective import scores_calibrated
from moderation.services.simulation.scope import SimulationScope
from moderation.services.suggestions.answers import Equivalent

# Scored anew, as their scores on Perspective's scale are not stored: some seconds on two cores.
COMMENTS = 2_000
SHOWN = 10_000
THEIRS = {ours: theirs for theirs, ours in MEANINGS.items()}


def threshold_equal(*, attribute: str, threshold: float, scope: SimulationScope) -> Equivalent:
    """Returns our threshold that flags as many of the newest comments in the scope as theirs.

    `attribute` is ours, such as `toxicity`, or Perspective's, such as `TOXICITY`; `threshold` is on their scale. Runs
    the model that serves the scope's language, or the first active one, on up to 2,000 texts that it scored before,
    outside of transactions. Raises ServiceError: `validation_error` at
    `/attribute` for one that has no counterpart or that the model does not serve on their scale, at `/perspective` for
    a number that is no threshold; `unavailable`, worth a retry, if the model fails.
    """
    if not 0 < threshold <= 1:
        raise invalid("/perspective", "A threshold is above 0 and at most 1.", limit=1)
    model, ours = model_serving(scope.language), MEANINGS.get(attribute, attribute)
    scorer = model_scorer(model)
    theirs = _theirs(ours, scorer.description)
    results = _scored(scorer, scope, model)
    scores = np.array([one.scores[ours] for one in results])
    on_their_scale = np.array([scores_calibrated(one, scorer.description)[theirs] for one in results])
    found = rounded_down(threshold_of_equal_share(scores, on_their_scale, threshold))
    flagged = int((on_their_scale >= threshold).sum())
    return Equivalent(ours, theirs, threshold, found, flagged, len(results), scorer.description.label)


def rounded_down(threshold: float | None) -> float | None:
    """Returns the threshold in four digits; never a higher one, which would flag fewer."""
    return None if threshold is None else floor(threshold * SHOWN) / SHOWN


def _theirs(ours: str, description: ModelDescription) -> str:
    theirs = THEIRS.get(ours, "")
    if ours not in description.attributes or theirs not in outputs_served(description):
        known = [name for name in THEIRS if name in description.attributes]
        detail = f"{ours} has no counterpart in Perspective; these attributes have one: {', '.join(known)}."
        raise invalid("/attribute", detail, code="unknown_attribute")
    return theirs


def _scored(scorer: Scorer, scope: SimulationScope, model: ModelVersion) -> Sequence[Result]:
    rows = list(
        scope.reviews()
        .filter(score__model=model)
        .order_by("-pk")
        .values_list("comment__text", "score__language")[:COMMENTS]
    )
    texts, languages = [text for text, _ in rows], [language or None for _, language in rows]
    try:
        found = scorer.score(texts, languages=languages, perspective=True)
    except ScoringError as error:
        raise ServiceError("unavailable", "The model is not available at the moment.", retryable=True) from error
    return [one for one in found if isinstance(one, Result)]
