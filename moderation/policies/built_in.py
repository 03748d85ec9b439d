"""The policy that an installation starts with: it queues or passes, and leaves every rejection to a person.

Where models have thresholds by language, so has it: as many harmless comments are queued in each.

Its thresholds are set for `compact@3` to `compact@6`: toxicity, obscene and insult are calibrated, and the rarer
attributes stay low. Of comments in a newspaper's debates 3 % reach a threshold, of toxic talk comments 73 %: see
docs/models.md.
"""

import copy
from collections.abc import Mapping
from typing import Any

BUILT_IN_POLICY: dict[str, Any] = {
    "schema": 1,
    "name": "Built in",
    "audit_share": 0.01,
    "rules": [
        {
            "id": "flag-toxic",
            "when": {
                "any": [
                    {"attribute": "toxicity", "gte": 0.5},
                    {"attribute": "severe_toxicity", "gte": 0.15},
                    {"attribute": "obscene", "gte": 0.4},
                    {"attribute": "threat", "gte": 0.12},
                    {"attribute": "insult", "gte": 0.5},
                    {"attribute": "identity_attack", "gte": 0.3},
                    {"attribute": "sexual_explicit", "gte": 0.1},
                ]
            },
            "action": "queue",
        }
    ],
}


def built_in_policy(by_language: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Returns the built-in policy with thresholds of some languages (language → attribute → threshold)."""
    body: dict[str, Any] = {**copy.deepcopy(BUILT_IN_POLICY), "schema": 2}
    for condition in body["rules"][0]["when"]["any"]:
        name = condition["attribute"]
        # A policy names languages by their base code: romanised Hindi shares it with Hindi, whose thresholds hold.
        ends = {code: row[name] for code, row in sorted(by_language.items()) if name in row and "-" not in code}
        if ends:
            condition["by_language"] = ends
    tuned = any("by_language" in condition for condition in body["rules"][0]["when"]["any"])
    return body if tuned else BUILT_IN_POLICY
