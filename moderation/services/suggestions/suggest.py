"""Solves a goal from the newsroom's own decisions."""

from typing import Any

import numpy as np

from moderation.estimates.goals import candidate_thresholds, goal_solve
from moderation.estimates.guarantee import guarantee_threshold
from moderation.estimates.measures import measures
from moderation.estimates.tables import tables_by_threshold
from moderation.models import ModelVersion
from moderation.policies import Goal, PolicyError
from moderation.policies.goals import parse_goal
from moderation.services.errors import invalid
from moderation.services.model_versions import model_serving
from moderation.services.simulation.scope import SimulationScope
from moderation.services.suggestions.answers import MEASURES, Suggestion
from moderation.services.suggestions.rows import DecidedScores, decided_scores

# What is promised is the missed share; the highest threshold that keeps it sends the fewest comments to people.
GUARANTEED = ("match_rate", "queue_per_day")


def threshold_suggest(*, goal: str, attribute: str, scope: SimulationScope, guarantee: bool = False) -> Suggestion:
    """Returns the threshold that meets a goal on the unfavourable end of its interval.

    It is for the scores of one model, the one that serves the scope's language, or the first active one.

    With `guarantee` the goal has the form `minimum match_rate @ recall >= 0.95`: "miss at most 5 % of what we reject",
    and the threshold keeps it at a confidence of 95 %, whatever the size of the sample. Raises ServiceError
    `validation_error` at `/goal` for a goal that is none, or that cannot be guaranteed, at `/attribute` for an
    attribute that the model does not serve, at `/language` for a language that none serves.
    """
    model, wanted = model_serving(scope.language), goal_read(goal, guarantee=guarantee)
    if attribute not in model.attributes:
        served = ", ".join(model.attributes)
        raise invalid(
            "/attribute", f"{model} does not serve {attribute}; it serves {served}.", code="unknown_attribute"
        )
    found = decided_scores(model=model, attribute=attribute, scope=scope)
    return goal_answer(goal=wanted, attribute=attribute, model=model, found=found, guarantee=guarantee)


def goal_read(text: str, *, guarantee: bool) -> Goal:
    """Returns the goal; raises ServiceError `validation_error` at `/goal`."""
    try:
        goal = parse_goal(text)
    except PolicyError as error:
        raise invalid("/goal", error.detail) from error
    bounds_recall = (goal.bounded, goal.comparison) == ("recall", ">=") and 0 < goal.bound < 1
    if guarantee and not (bounds_recall and goal.optimum == "minimum" and goal.metric in GUARANTEED):
        detail = "A guarantee is of the form: minimum match_rate|queue_per_day @ recall >= BOUND, between 0 and 1."
        raise invalid("/goal", detail, code="no_guarantee")
    return goal


def goal_answer(
    *, goal: Goal, attribute: str, model: ModelVersion, found: DecidedScores, guarantee: bool = False
) -> Suggestion:
    """Returns what the goal comes to with these decisions."""
    solved = _promised(goal, found) if guarantee else _solved(goal, found)
    counts = {name: getattr(found, name) for name in ("days", "decisions", "waiting", "unscored")}
    return Suggestion(goal, attribute, str(model), comments=len(found.rows), **counts, **solved)


def _solved(goal: Goal, found: DecidedScores) -> dict[str, Any]:
    if not len(found.rows):
        return {"threshold": None, "more": None}
    answer = goal_solve(
        found.rows,
        scores=found.scores,
        days=found.days,
        direction=goal.optimum,
        metric=goal.metric,
        bound_metric=goal.bounded,
        relation=goal.comparison,
        bound=goal.bound,
    )
    return {"threshold": answer.threshold, "estimates": answer.estimates, "more": answer.more}


def _promised(goal: Goal, found: DecidedScores) -> dict[str, Any]:
    candidates = candidate_thresholds(found.scores)
    promise = guarantee_threshold(found.rows, scores=found.scores, thresholds=candidates, target=1 - goal.bound)
    columns: dict[str, Any] = {"threshold": promise.threshold, "more": promise.more, "of_harmful": True}
    if promise.threshold is None:
        return columns
    tables = tables_by_threshold(found.rows, scores=found.scores, thresholds=np.array([promise.threshold]))
    at = {name: column[0] for name, column in measures(tables, days=found.days).items() if name in MEASURES}
    return {**columns, "upper": promise.upper, "estimates": at}
