"""Bodies that somebody means to be a burden: refused briefly, at their place, before they cost anything."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.policies import PolicyError, parse_policy

LEAF = {"attribute": "toxicity", "gte": 0.5}
RULE = {"id": "q", "when": {"all": [LEAF]}, "action": "queue"}
BODY = {"schema": 2, "name": "x", "rules": [RULE]}


def refusal(**changes: Any) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        parse_policy({**BODY, **changes})
    return caught.value


@pytest.mark.parametrize("schema", [1, 2])
@pytest.mark.parametrize("name", ["q\n", "\nq", "q\r"])
def test_a_name_ends_where_its_line_does(schema: int, name: str) -> None:
    assert refusal(schema=schema, rules=[{**RULE, "id": name}]).pointer == "/rules/0/id"


def test_a_code_of_a_language_ends_where_its_line_does() -> None:
    rule = {**RULE, "when": {"all": [{"language": ["en\n"]}]}}
    assert refusal(rules=[rule]).pointer == "/rules/0/when/all/0/language/0"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": "a\0b"}, "/name"),
        ({"name": "\ud800"}, "/name"),
        ({"\udfff": [1]}, ""),
        ({"audit_share": float("nan")}, "/audit_share"),
        (
            {"tests": [{"text": "a", "facts": {"article_age_hours": float("inf")}, "expect": "queue"}]},
            "/tests/0/facts/article_age_hours",
        ),
    ],
)
def test_what_no_database_can_store_is_refused_at_its_place(changes: dict[str, Any], pointer: str) -> None:
    assert refusal(**changes).pointer == pointer


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rules": [{}] * 501}, "/rules: rules has at most 500 entries, not 501"),
        ({"tests": [{}] * 9_000}, "/tests: tests has at most 500 entries, not 9,000"),
        (
            {"rules": [{**RULE, "when": {"all": [{"section": ["a"] * 101}]}}]},
            "/rules/0/when/all/0/section: section has at most 100 entries, not 101",
        ),
    ],
)
def test_a_list_that_is_too_long_is_refused_for_its_length_alone(changes: dict[str, Any], said: str) -> None:
    assert str(refusal(**changes)) == said


@pytest.mark.parametrize("changes", [{"name": "x" * 100_000}, {"x" * 100_000: 1}, {"rules": "x" * 100_000}])
def test_a_refusal_is_short_however_long_what_is_refused(changes: dict[str, Any]) -> None:
    assert len(str(refusal(**changes))) < 500


def test_a_refusal_that_is_cut_tells_what_is_wrong() -> None:
    assert str(refusal(name="x" * 1_000)).endswith("is too long")
