"""The policy that an installation starts with: it queues or passes, and leaves every rejection to a person.

Its thresholds are set for `compact@3` to `compact@6`: toxicity, obscene and insult are calibrated, and the rarer
attributes stay low. Of comments in a newspaper's debates 3 % reach a threshold, of toxic talk comments 73 %: see
docs/models.md.
"""

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
