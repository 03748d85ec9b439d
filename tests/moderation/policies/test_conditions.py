"""The seam that a new kind of condition goes through: one class and one entry in `KINDS`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from moderation.policies import Condition, Features, PolicyError, conditions, judge, parse_policy
from moderation.policies.conditions import ConditionKind, Subject

LINKS = {
    "type": "object",
    "properties": {"links": {"type": "integer", "minimum": 0}},
    "required": ["links"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class LinkCount(Condition):
    links: int

    def state(self, subject: Subject) -> bool | None:
        return None if subject.features.links is None else subject.features.links >= self.links


def link_count(body: Mapping[str, Any], _pointer: str) -> Condition:
    return LinkCount(body["links"])


@pytest.fixture
def _links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(conditions.KINDS, "links", ConditionKind(LINKS, link_count))


def policy(*when: dict[str, Any], quantifier: str = "any") -> Any:
    rule = {"id": "r", "when": {quantifier: list(when)}, "action": "hold"}
    return parse_policy({"schema": 2, "name": "test", "rules": [rule]})


@pytest.mark.usefixtures("_links")
def test_a_condition_on_a_feature_holds_by_the_feature_and_not_if_that_is_not_known() -> None:
    many = policy({"links": 3})
    verdicts = [
        judge(many, {}, features=features, source="s", section="")
        for features in (Features(links=3), Features(links=2), Features())
    ]
    assert [(verdict.action, verdict.rule) for verdict in verdicts] == [("hold", "r"), ("pass", ""), ("pass", "")]
    assert verdicts[0].reasons == ()
    assert verdicts[0].risk == 0


@pytest.mark.usefixtures("_links")
def test_kinds_of_conditions_stand_side_by_side_in_a_rule() -> None:
    both = policy({"attribute": "toxicity", "gte": 0.5}, {"links": 1}, quantifier="all")
    verdict = judge(both, {"toxicity": 0.6}, features=Features(links=1), source="s", section="")
    assert verdict.action == "hold"
    assert [reason.attribute for reason in verdict.reasons] == ["toxicity"]
    assert judge(both, {"toxicity": 0.6}, features=Features(links=0), source="s", section="").action == "pass"


@pytest.mark.usefixtures("_links")
@pytest.mark.parametrize(
    ("condition", "pointer"),
    [
        ({"links": -1}, "/rules/0/when/any/0/links"),
        ({"links": 1, "gte": 0.5}, "/rules/0/when/any/0/gte"),
        ({"attribute": "toxicity", "gte": 2}, "/rules/0/when/any/0/gte"),
        ({"gte": 0.5}, "/rules/0/when/any/0"),
    ],
)
def test_a_fault_is_named_as_the_condition_s_own_kind_names_it(condition: dict[str, Any], pointer: str) -> None:
    with pytest.raises(PolicyError) as caught:
        policy(condition)
    assert caught.value.pointer == pointer


def test_a_kind_that_is_not_there_is_refused() -> None:
    with pytest.raises(PolicyError, match="attribute"):
        policy({"nothing": 3})
