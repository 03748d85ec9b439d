"""The policy of `benchmark policy`: twenty rules of a newsroom, three deep, before and after a change."""

from typing import Any

NAME = "Newsroom of twenty rules"
SOURCES = ("harbor-times", "north-desk", "weekly", "evening", "gazette", "islands")
SECTIONS = ("Politics", "Town", "Sport", "Opinion")
WORD_LIST = "slurs"
When = dict[str, Any]


def policy_before() -> dict[str, Any]:
    """Returns the policy that the rows were judged by."""
    return _policy(queue=0.62, sport=0.75, insult=0.6)


def policy_after() -> dict[str, Any]:
    """Returns the policy that they are judged by again: it queues more, and lets more of sport pass."""
    return _policy(queue=0.42, sport=0.85, insult=0.42)


def _policy(*, queue: float, sport: float, insult: float) -> dict[str, Any]:
    rules = [*_everywhere(queue, insult), *_of_people(), *_scoped(sport)]
    return {"schema": 2, "name": NAME, "audit_share": 0.05, "rules": rules}


def _everywhere(queue: float, insult: float) -> list[dict[str, Any]]:
    heated = {"any": [_from("toxicity", queue), _from("insult", insult)]}
    shouted = {"all": [_from("toxicity", 0.35), {"fact": "capitals", "gte": 0.6}]}
    return [
        _rule("threats", "hold", {"any": [_from("threat", 0.7)]}, floor=True),
        _rule("certain", "reject", {"all": [_from("toxicity", 0.97), _from("insult", 0.9), _unless_known()]}),
        _rule("hate", "hold", {"any": [_from("identity_attack", 0.75), _listed(0.3)]}, floor=True),
        _rule("obscene-threat", "hold", {"all": [_from("obscene", 0.6), _from("threat", 0.5)]}),
        _rule("severe", "hold", {"any": [_from("severe_toxicity", 0.7)]}),
        _rule("toxic", "queue", {"any": [heated, shouted]}),
        _rule("sexual", "queue", {"any": [_from("sexual_explicit", 0.7)]}),
        _rule("links", "queue", {"all": [{"fact": "links", "gte": 2}, {"any": [_from("toxicity", 0.2), _repeated()]}]}),
        _rule("short", "queue", {"all": [_from("insult", 0.4), {"fact": "length", "lte": 40}, _unless_known()]}),
        _rule("other-language", "queue", {"all": [{"not": {"language": ["en"]}}, _from("toxicity", 0.4)]}),
    ]


def _of_people() -> list[dict[str, Any]]:
    often = {"commenter": "rejected_share", "gte": 0.5}
    staff = {"any": [{"commenter": "staff"}, {"commenter": "exempt"}]}
    return [
        _rule("staff", "approve", {"all": [staff, {"not": {"any": [_from("toxicity", 0.9), {"list": WORD_LIST}]}}]}),
        _rule("often-rejected", "queue", {"all": [often, {"any": [_from("toxicity", 0.3), _from("obscene", 0.3)]}]}),
        _rule("reported", "queue", {"all": [{"flags": {"gte": 2}}, {"not": {"commenter": "approved", "gte": 50}}]}),
    ]


def _scoped(sport: float) -> list[dict[str, Any]]:
    sports, late = {"section": "Sport"}, {"article_age_hours": {"gte": 240}}
    return [
        _rule("sport-toxic", "queue", {"any": [_from("toxicity", sport)]}, scope=sports),
        _rule("sport-obscene", "queue", {"all": [_from("obscene", 0.7), _from("toxicity", 0.5)]}, scope=sports),
        _rule("weekly-late", "queue", {"all": [late, {"any": [_from("toxicity", 0.5), _repeated()]}]}, scope=_in(2)),
        _rule("evening-strict", "queue", {"any": [_from("toxicity", 0.58), _from("threat", 0.6)]}, scope=_in(3)),
        _rule("gazette-strict", "queue", {"any": [_from("toxicity", 0.6), _listed(0.1)]}, scope=_in(4)),
        _rule("opinion", "hold", {"all": [_from("toxicity", 0.9)]}, scope={**_in(0), "section": "Opinion"}),
        _rule("islands-town", "queue", {"any": [_from("insult", 0.5)]}, scope={**_in(5), "section": "Town"}),
    ]


def _from(attribute: str, gte: float) -> When:
    return {"attribute": attribute, "gte": gte}


def _listed(toxicity: float) -> When:
    """Returns a hit of the word list in a text that is not quite calm."""
    return {"all": [{"list": WORD_LIST}, _from("toxicity", toxicity)]}


def _unless_known() -> When:
    return {"not": {"all": [{"commenter": "approved", "gte": 20}, {"commenter": "rejected_share", "lte": 0.1}]}}


def _repeated() -> When:
    return {"all": [{"fact": "repeats", "gte": 3}, {"fact": "length", "gte": 20}]}


def _in(place: int) -> dict[str, str]:
    return {"source": SOURCES[place]}


def _rule(
    name: str, action: str, when: When, *, scope: dict[str, str] | None = None, floor: bool = False
) -> dict[str, Any]:
    return {"id": name, "action": action, "when": when, "scope": scope or {}, "floor": floor}
