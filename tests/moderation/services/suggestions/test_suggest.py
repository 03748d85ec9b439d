"""Goals and guarantees from decisions in the archive, and the plain statement where these support none."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from moderation.models import ModelVersion, Review, Score
from moderation.services.errors import ServiceError
from moderation.services.simulation.scope import SimulationScope
from moderation.services.suggestions.answers import Suggestion
from moderation.services.suggestions.suggest import threshold_suggest

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]
PRECISE = "maximum recall @ precision >= 0.8"


def suggest(goal: str, attribute: str = "toxicity", *, guarantee: bool = False) -> Suggestion:
    return threshold_suggest(goal=goal, attribute=attribute, scope=SimulationScope(), guarantee=guarantee)


def refusal(*arguments: Any, **options: Any) -> tuple[str, Sequence[str], str]:
    with pytest.raises(ServiceError) as caught:
        suggest(*arguments, **options)
    return caught.value.code, [one.pointer for one in caught.value.errors], caught.value.detail


def test_a_goal_is_met_on_the_lower_bound(decided_archive: Callable[[int], None]) -> None:
    decided_archive(700)
    found = suggest(PRECISE)
    assert found.supported
    assert found.estimates["precision"].low >= 0.8
    assert found.threshold is not None
    # The true precision is 0.8 from 0.63 on; the lower bound asks for more.
    assert 0.63 < found.threshold <= 0.8
    assert (found.comments, found.decisions, found.waiting, found.days) == (700, 420, 0, 1)
    assert str(found).startswith(
        f"toxicity by compact@{found.model[-1]}, maximum recall @ precision >= 0.8: match from 0."
    )
    shown = found.as_json()
    assert shown["estimates"]["precision"]["enough"]
    assert (shown["supported"], shown["more"], shown["missed_share_at_most"]) == (True, None, None)


def test_too_few_decisions_are_said_to_support_nothing_with_how_many_would(
    decided_archive: Callable[[int], None],
) -> None:
    decided_archive(60)
    found = suggest(PRECISE)
    assert not found.supported
    assert found.more is not None
    assert found.more > 0
    assert f"the {found.decisions} decisions so far do not support an answer. About {found.more} more" in str(found)


def test_more_decisions_are_not_asked_for_where_they_would_not_help(decided_archive: Callable[[int], None]) -> None:
    decided_archive(100)
    Review.objects.filter(state="rejected").update(state="approved")
    found = suggest(PRECISE)
    assert (found.supported, found.more) == (False, None)
    assert "would not help" in str(found)


def test_an_empty_archive_supports_nothing(make_review: Make) -> None:
    ModelVersion.objects.update(attributes=["toxicity"])
    assert not suggest(PRECISE).supported
    assert "Nothing can be said before there are 30" in str(suggest(PRECISE))
    assert not suggest("minimum match_rate @ recall >= 0.95", guarantee=True).supported


def test_the_queue_can_be_bounded_without_a_decision(decided_archive: Callable[[int], None]) -> None:
    decided_archive(60)
    found = suggest("maximum match_rate @ queue_per_day <= 30")
    assert found.threshold is not None
    assert Score.objects.filter(toxicity__gte=found.threshold).count() <= 30


def test_a_guarantee_bounds_what_is_missed(decided_archive: Callable[[int], None]) -> None:
    decided_archive(700)
    goal = "minimum match_rate @ recall >= 0.7"
    promised, estimated = suggest(goal, guarantee=True), suggest(goal)
    assert promised.threshold is not None
    assert estimated.threshold is not None
    assert promised.threshold <= estimated.threshold
    assert promised.upper is not None
    assert promised.upper <= 0.3
    truth = np.array([value >= 0.7 for value in Score.objects.values_list("toxicity", flat=True)])
    caught = np.array([value >= promised.threshold for value in Score.objects.values_list("toxicity", flat=True)])
    assert (truth & ~caught).sum() / truth.sum() <= 0.3
    assert "At 95 % confidence" in str(promised)


def test_a_guarantee_that_needs_more_says_how_many_rejections(decided_archive: Callable[[int], None]) -> None:
    decided_archive(100)
    found = suggest("minimum match_rate @ recall >= 0.95", guarantee=True)
    assert not found.supported
    assert "decisions that reject a comment would" in str(found)


@pytest.mark.parametrize(
    ("goal", "detail"),
    [
        ("maximum recall @ precision >= 0.9", "A guarantee is of the form"),
        ("minimum match_rate @ recall <= 0.9", "A guarantee is of the form"),
        ("minimum match_rate @ recall >= 1", "A guarantee is of the form"),
        ("maximum fun @ precision >= 0.9", "there is no metric fun"),
        ("precision", "a goal has the form"),
    ],
)
def test_what_cannot_be_guaranteed_or_is_no_goal_is_refused(make_review: Make, goal: str, detail: str) -> None:
    ModelVersion.objects.update(attributes=["toxicity"])
    code, pointers, said = refusal(goal, guarantee=True)
    assert (code, pointers) == ("validation_error", ["/goal"])
    assert said.startswith(detail)


def test_an_attribute_that_the_model_does_not_serve_is_refused(make_review: Make) -> None:
    ModelVersion.objects.update(attributes=["toxicity"])
    assert refusal(PRECISE, "wit")[:2] == ("validation_error", ["/attribute"])
