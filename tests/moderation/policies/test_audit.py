"""An audit by strata of risk: its shares are the chances with which passing comments are drawn."""

from typing import Any

import pytest

from moderation.policies import PolicyError, parse_policy


def body(**audit: Any) -> dict[str, Any]:
    return {"schema": 2, "name": "x", "rules": [], "audit": audit}


def test_each_stratum_begins_at_half_the_risk_of_the_next() -> None:
    policy = parse_policy(body(share=0.01, floor=0.002, strata=3, shares=[0.002, 0.02, 0.3]))
    chances = [policy.audit_chance(risk) for risk in (0.0, 0.2499, 0.25, 0.4999, 0.5, 0.99, 3.0)]
    assert chances == [0.002, 0.002, 0.02, 0.02, 0.3, 0.3, 0.3]


def test_without_shares_every_stratum_is_drawn_alike() -> None:
    assert parse_policy(body(share=0.01, strata=8)).audit_chance(0.9) == 0.01
    uniform = {"schema": 1, "name": "x", "rules": [], "audit_share": 0.2}
    assert parse_policy(uniform).audit_chance(0.9) == 0.2


@pytest.mark.parametrize(
    ("audit", "pointer"),
    [
        ({"share": 0.01, "floor": 0.02}, "/audit/floor"),
        ({"share": 0.01, "strata": 3, "shares": [0.1]}, "/audit/shares"),
        ({"share": 0.01, "strata": 1, "shares": [1.5]}, "/audit/shares/0"),
    ],
)
def test_an_audit_that_makes_no_sense_is_refused_by_place(audit: dict[str, Any], pointer: str) -> None:
    with pytest.raises(PolicyError) as refusal:
        parse_policy(body(**audit))
    assert refusal.value.pointer == pointer
