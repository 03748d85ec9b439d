"""A simulation as data that commands, the API and the desk show."""

from collections.abc import Iterator
from typing import Any

from moderation.policies.documents.schema import ACTIONS
from moderation.services.simulation.estimates import decisions, estimates
from moderation.services.simulation.tally import Tally


def tally_report(tally: Tally) -> dict[str, Any]:
    """Returns the figures: counts, the queue, what changes, estimates, likely misses and false alarms."""
    return {
        "policy": tally.policy.version or None,
        "name": tally.policy.name,
        "active": tally.active.version,
        "comments": tally.rows,
        "days": len(tally.days),
        "lacking": tally.lacking.as_json(),
        "actions": _actions(tally.crossed.sum(axis=0)),
        "actions_before": _actions(tally.crossed.sum(axis=1)),
        "queue": _queue(tally),
        "rules": list(_rules(tally)),
        "changes": list(_changes(tally)),
        "decided": decisions(tally.decided),
        "estimates": list(estimates(tally.decided)),
        "likely_misses": [row for _, _, row in tally.misses.rows],
        "likely_false_alarms": [row for _, _, row in tally.alarms.rows],
    }


def _actions(counts: Any) -> dict[str, int]:
    return dict(zip(ACTIONS, counts.tolist(), strict=True))


def _queue(tally: Tally) -> dict[str, Any]:
    """Returns what would wait for a person, a day with comments; what the audit draws is on top of it."""
    days = max(1, len(tally.days))
    return {
        "per_day": round(tally.queued.total() / days, 2),
        "per_day_before": round(tally.queued_before.total() / days, 2),
        "busiest_day": max(tally.queued.values(), default=0),
        "audit_per_day": round(tally.audited / days, 2),
    }


def _rules(tally: Tally) -> Iterator[dict[str, Any]]:
    for at, rule in enumerate(tally.policy.rules):
        counts = {"matched": int(tally.matched[at]), "decides": int(tally.deciding[at])}
        yield {"rule": rule.id, "action": rule.action, **counts}


def _changes(tally: Tally) -> Iterator[dict[str, Any]]:
    """Yields the changes of action, the most frequent first, with their examples."""
    found = sorted(tally.examples, key=lambda change: -tally.crossed[change])
    for before, after in found:
        yield {
            "from": ACTIONS[before],
            "to": ACTIONS[after],
            "comments": int(tally.crossed[before, after]),
            "examples": [example for _, example in tally.examples[before, after]],
        }
