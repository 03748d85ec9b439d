"""The estimates that are made of what people decided beside what a policy would do."""

from collections.abc import Iterator
from typing import Any

from moderation.estimates.measures import false_alarm_share, missed_share, precision, recall
from moderation.estimates.tables import Tables
from moderation.services.simulation.decided import DecidedCounts

MEASURES = (precision, recall, missed_share, false_alarm_share)


def decisions(counts: DecidedCounts) -> int:
    """Returns how many decisions count."""
    return 0 if counts.conditions is None else int(counts.conditions.tables().reviewed[0])


def estimates(counts: DecidedCounts) -> Iterator[dict[str, Any]]:
    """Yields estimates of the policy, of the active one, and by rule, attribute, source, section and language."""
    if counts.conditions is None:
        return
    rules = [("rule", rule.id) for rule in counts.policy.rules]
    names = [("policy", ""), ("active", ""), *rules, *(("attribute", name) for name in counts.attributes)]
    yield from _measured(names, counts.conditions.tables())
    for by, named in counts.groups.items():
        found = _measured([(by, name) for name in named.places], named.outcomes.tables())
        yield from sorted((one for one in found if one["decided"]), key=lambda one: str(one["name"]))


def _measured(names: list[tuple[str, str]], tables: Tables) -> Iterator[dict[str, Any]]:
    columns = {measure.__name__: measure(tables) for measure in MEASURES}
    for at, (by, name) in enumerate(names):
        found = {measure: column[at].as_json() for measure, column in columns.items()}
        yield {"by": by, "name": name, "decided": int(tables.reviewed[at]), **found}
