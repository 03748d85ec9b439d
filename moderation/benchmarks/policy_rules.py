"""The policy of `benchmark policy`: twenty rules of a newsroom, before and after its senior moderators changed it."""

from typing import Any

NAME = "Newsroom of twenty rules"
SOURCES = ("harbor-times", "north-desk", "weekly", "evening", "gazette", "islands")
SECTIONS = ("Politics", "Town", "Sport", "Opinion")


def policy_before() -> dict[str, Any]:
    """Returns the policy that the rows were judged by."""
    return _policy(queue=0.62, sport=0.75, insult=0.6)


def policy_after() -> dict[str, Any]:
    """Returns the policy that they are judged by again: it queues more, and lets more of sport pass."""
    return _policy(queue=0.42, sport=0.85, insult=0.42)


def _policy(*, queue: float, sport: float, insult: float) -> dict[str, Any]:
    return {"schema": 1, "name": NAME, "audit_share": 0.05, "rules": [*_everywhere(queue, insult), *_scoped(sport)]}


def _everywhere(queue: float, insult: float) -> list[dict[str, Any]]:
    return [
        _rule("threats", "hold", "any", threat=0.7, floor=True),
        _rule("certain", "reject", "all", toxicity=0.97, insult=0.9),
        _rule("hate", "hold", "any", identity_attack=0.75, floor=True),
        _rule("obscene-threat", "hold", "all", obscene=0.6, threat=0.5),
        _rule("severe", "hold", "any", severe_toxicity=0.7),
        _rule("toxic", "queue", "any", toxicity=queue, insult=insult),
        _rule("sexual", "queue", "any", sexual_explicit=0.7),
        _rule("mixed", "queue", "all", toxicity=0.45, insult=0.4, obscene=0.4),
        _rule("rude", "queue", "all", insult=0.5, obscene=0.5),
        _rule("sharp", "queue", "all", toxicity=0.55, identity_attack=0.4),
    ]


def _scoped(sport: float) -> list[dict[str, Any]]:
    sports = {"section": "Sport"}
    return [
        _rule("sport-toxic", "queue", "any", scope=sports, toxicity=sport),
        _rule("sport-obscene", "queue", "all", scope=sports, obscene=0.7, toxicity=0.5),
        *(
            _rule(f"{source}-strict", "queue", "any", scope={"source": source}, toxicity=0.55 + at / 50, threat=0.6)
            for at, source in enumerate(SOURCES[2:])
        ),
        *(
            _rule(f"{source}-opinion", "hold", "all", scope={"source": source, "section": "Opinion"}, toxicity=0.9)
            for source in SOURCES[:3]
        ),
        _rule("weekly-town", "queue", "any", scope={"source": "weekly", "section": "Town"}, toxicity=0.5, insult=0.5),
    ]


def _rule(
    name: str, action: str, quantifier: str, *, scope: dict[str, str] | None = None, floor: bool = False, **ends: float
) -> dict[str, Any]:
    when = {quantifier: [{"attribute": attribute, "gte": gte} for attribute, gte in ends.items()]}
    return {"id": name, "action": action, "when": when, "scope": scope or {}, "floor": floor}
