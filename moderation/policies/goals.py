"""A threshold given as a goal, in the grammar of Wikimedia's ORES: `maximum recall @ precision >= 0.9`.

Only the grammar is here. A goal is resolved to a number from a newsroom's own decisions before its version judges; the
number is then frozen beside it in the version's body: `{"attribute": "toxicity", "goal": "…", "gte": 0.83}`.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from moderation.policies.errors import PolicyError
from moderation.policies.messages import Message, gettext_noop

METRICS = ("match_rate", "precision", "recall", "queue_per_day")
# Shares lie between 0 and 1; a queue is any number of comments a day.
SHARES = frozenset(METRICS) - {"queue_per_day"}
GOAL = re.compile(r"(maximum|minimum) ([a-z_]+) @ ([a-z_]+) (>=|<=) ([0-9]+(?:\.[0-9]+)?)")
FORM = "maximum|minimum METRIC @ METRIC >=|<= BOUND"
MAX_GOAL_CHARACTERS = 200
NO_GOAL = gettext_noop("a goal has the form {form}, not {found}")
NO_METRIC = gettext_noop("there is no metric {metric}; there are {known}")
SAME_METRIC = gettext_noop("a goal bounds another metric than the one it optimises, not {metric} twice")
NO_SHARE = gettext_noop("{metric} is a share from 0 to 1: it is never {bound}")


@dataclass(frozen=True, slots=True)
class Goal:
    """What a threshold is to reach: the `optimum` of `metric` among those at which `bounded` keeps within `bound`.

    Attributes:
        optimum: `maximum` or `minimum`.
        metric: One of METRICS.
        bounded: Another of METRICS.
        comparison: `>=` or `<=`.
        bound: A share from 0 to 1, or comments a day for `queue_per_day`.
    """

    optimum: str
    metric: str
    bounded: str
    comparison: str
    bound: float

    def __str__(self) -> str:
        return f"{self.optimum} {self.metric} @ {self.bounded} {self.comparison} {self.bound:g}"


@dataclass(frozen=True, slots=True)
class PlacedGoal:
    """A goal of a policy: where it stands (a JSON pointer to its condition), of which attribute, and what it became.

    `threshold` is the number that it was resolved to; None as long as it was not.
    """

    pointer: str
    attribute: str
    goal: Goal
    threshold: float | None


def parse_goal(text: str, pointer: str = "") -> Goal:
    """Returns the goal that `text` describes; raises PolicyError at `pointer`."""
    found = GOAL.fullmatch(" ".join(text[:MAX_GOAL_CHARACTERS].split()))
    if found is None:
        raise PolicyError(pointer, Message(NO_GOAL, form=FORM, found=repr(text[:MAX_GOAL_CHARACTERS])))
    goal = Goal(found[1], found[2], found[3], found[4], float(found[5]))
    _check_metrics(goal, pointer)
    return goal


def _check_metrics(goal: Goal, pointer: str) -> None:
    for metric in (goal.metric, goal.bounded):
        if metric not in METRICS:
            raise PolicyError(pointer, Message(NO_METRIC, metric=metric, known=", ".join(METRICS)))
    if goal.metric == goal.bounded:
        raise PolicyError(pointer, Message(SAME_METRIC, metric=goal.metric))
    if goal.bounded in SHARES and goal.bound > 1:
        raise PolicyError(pointer, Message(NO_SHARE, metric=goal.bounded, bound=f"{goal.bound:g}"))


def policy_goals(body: Mapping[str, Any]) -> Iterator[PlacedGoal]:
    """Yields the goals of a policy's JSON, which has been parsed before, in their order."""
    for index, rule in enumerate(body["rules"]):
        yield from _goals(rule["when"], f"/rules/{index}/when")


def _goals(part: Any, pointer: str) -> Iterator[PlacedGoal]:
    if isinstance(part, Mapping) and "goal" in part:
        goal = parse_goal(part["goal"], f"{pointer}/goal")
        yield PlacedGoal(pointer, part["attribute"], goal, part.get("gte"))
    elif isinstance(part, Mapping):
        for key, child in part.items():
            yield from _goals(child, f"{pointer}/{key}")
    elif isinstance(part, list):
        for index, child in enumerate(part):
            yield from _goals(child, f"{pointer}/{index}")


def goals_freeze(
    body: Mapping[str, Any],
    thresholds: Mapping[str, float],
    by_language: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
) -> dict[str, Any]:
    """Returns the policy's JSON with the number of each goal beside it; `thresholds` is by the conditions' pointers.

    `by_language` has, for some of these, the numbers of languages in which another model gives the scores. Raises
    PolicyError for a pointer at which no goal stands.
    """
    frozen: dict[str, Any] = copy.deepcopy(dict(body))
    placed = {goal.pointer for goal in policy_goals(body)}
    for pointer, threshold in thresholds.items():
        if pointer not in placed:
            raise PolicyError(pointer, "there is no goal here")
        place = _at(frozen, pointer)
        place["gte"] = threshold
        place.pop("by_language", None)
        if by_language.get(pointer):
            place["by_language"] = dict(by_language[pointer])
    return frozen


def _at(body: Any, pointer: str) -> Any:
    for part in pointer.removeprefix("/").split("/"):
        body = body[int(part)] if isinstance(body, list) else body[part]
    return body
