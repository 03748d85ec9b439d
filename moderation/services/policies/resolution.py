"""Works out the numbers that a policy leaves to the archive: its goals, and the audit's shares of each stratum.

They are worked out when the version is activated, from the decisions and the passing comments of that time, and frozen
in a version of its own that says of which one it is; a version never changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archive.models import Source
from moderation.models import ModelVersion, PolicyVersion
from moderation.policies import Policy
from moderation.policies.goals import PlacedGoal, goals_freeze, policy_goals
from moderation.scoring.catalogue.routing import languages_routed
from moderation.services.errors import FieldError, ServiceError
from moderation.services.model_versions import languages_allowed, models_active
from moderation.services.policies.audit import audit_worked_out
from moderation.services.simulation.scope import SimulationScope
from moderation.services.suggestions.answers import Suggestion
from moderation.services.suggestions.rows import DecidedScores, decided_scores
from moderation.services.suggestions.suggest import goal_answer

NOTE_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Resolution:
    """A policy's JSON with its numbers, and what they came from.

    Attributes:
        body: The policy; the one that was given if nothing was left open.
        goals: The goals that were resolved, by the JSON pointers of their conditions.
        audit: The audit's shares that were worked out, from the lowest risk up; empty if none were.
        elsewhere: The same goals in the languages of further models: pointer → language → what it came to.
    """

    body: Mapping[str, Any]
    goals: Mapping[str, Suggestion]
    audit: tuple[float, ...] = ()
    elsewhere: Mapping[str, Mapping[str, Suggestion]] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether there was anything to work out."""
        return bool(self.goals or self.audit)

    def note(self, version: int) -> str:
        """Returns what came out, as the note of the new version."""
        found = [f"{one.attribute} from {one.threshold:g} ({one.goal}, {one.model})" for one in self.goals.values()]
        found += [
            f"{one.attribute} in {code} from {one.threshold:g} ({one.model})"
            for ends in self.elsewhere.values()
            for code, one in ends.items()
        ]
        found += [f"the audit's shares {', '.join(map(str, self.audit))}"] if self.audit else []
        return f"Version {version} with its numbers: {'; '.join(found)}."[:NOTE_CHARACTERS]


def policy_resolve(*, version: PolicyVersion, policy: Policy, anew: bool = False) -> Resolution:
    """Returns the version's policy with a number for each goal and a share for each stratum of the audit.

    Each goal is solved for the first active model, from the decisions in its rule's scope, on the unfavourable end of
    its interval; and for each further model, whose scores are others, if the decisions on its comments support that:
    the number then holds for its languages, which are judged by the first one's until then. Numbers that are there
    stay, unless they are wanted `anew`. Writes nothing. Raises ServiceError `validation_error`, at the goal's JSON
    pointer, if the decisions so far support no number for the first model, with about how many more would.
    """
    goals = {goal.pointer: goal for goal in policy_goals(version.body) if anew or goal.threshold is None}
    models = models_active()
    found = dict(_answers(version.body, goals, models[0]))
    _refuse_open(found)
    elsewhere = _answers_elsewhere(version.body, goals, models)
    by_language = {pointer: {code: _number(one) for code, one in ends.items()} for pointer, ends in elsewhere.items()}
    body = goals_freeze(version.body, {pointer: _number(one) for pointer, one in found.items()}, by_language)
    audit = audit_worked_out(policy, anew=anew)
    body = {**body, "audit": {**body["audit"], "shares": list(audit)}} if audit else body
    return Resolution(body, found, audit, elsewhere)


def _answers_elsewhere(
    body: Mapping[str, Any], goals: Mapping[str, PlacedGoal], models: Sequence[ModelVersion]
) -> dict[str, dict[str, Suggestion]]:
    """Returns what each goal comes to in the languages of the models after the first, where it is supported."""
    found: dict[str, dict[str, Suggestion]] = {}
    routes = languages_routed(models, languages_allowed())
    for model in models[1:]:
        codes = sorted(code for code, one in routes.items() if one == model and "-" not in code)
        for pointer, answer in _answers(body, goals, model):
            if answer.supported:
                found.setdefault(pointer, {}).update(dict.fromkeys(codes, answer))
    return found


def _answers(
    body: Mapping[str, Any], goals: Mapping[str, PlacedGoal], model: ModelVersion
) -> Iterator[tuple[str, Suggestion]]:
    """Yields what each goal comes to for a model; comments are read once for each attribute and scope."""
    read = dict[tuple[str, SimulationScope], DecidedScores]()
    for pointer, placed in goals.items():
        key = (placed.attribute, _scope(body, pointer))
        if key not in read:
            read[key] = decided_scores(model=model, attribute=key[0], scope=key[1])
        yield pointer, goal_answer(goal=placed.goal, attribute=placed.attribute, model=model, found=read[key])


def _scope(body: Mapping[str, Any], pointer: str) -> SimulationScope:
    """Returns the scope of the rule in which a condition stands, `/rules/0/when/…`."""
    given = body["rules"][int(pointer.split("/")[2])].get("scope", {})
    slug = given.get("source", "")
    # A source that is not there has no decisions: 0 is nobody's id.
    sources = (Source.objects.filter(slug=slug).values_list("pk", flat=True).first() or 0,) if slug else ()
    return SimulationScope(sources=sources, section=given.get("section", ""))


def _refuse_open(found: Mapping[str, Suggestion]) -> None:
    failed = {pointer: one for pointer, one in found.items() if not one.supported}
    errors = tuple(FieldError(f"{at}/goal", "unsupported_goal", str(one)) for at, one in failed.items())
    if errors:
        raise ServiceError("validation_error", errors[0].detail, errors)


def _number(found: Suggestion) -> float:
    return found.threshold if found.threshold is not None else 1.0
