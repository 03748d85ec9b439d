"""The policy that an installation starts with: it queues or passes, and leaves every rejection to a person.

Its thresholds are set for `compact@1`, whose probabilities are not calibrated: its toxicity is far too high on heated
but harmless talk of politics and war, and its rarer attributes stay low. See docs/models.md.
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
                    {"attribute": "toxicity", "gte": 0.98},
                    {"attribute": "severe_toxicity", "gte": 0.2},
                    {"attribute": "obscene", "gte": 0.5},
                    {"attribute": "threat", "gte": 0.15},
                    {"attribute": "insult", "gte": 0.5},
                    {"attribute": "identity_attack", "gte": 0.25},
                    {"attribute": "sexual_explicit", "gte": 0.25},
                ]
            },
            "action": "queue",
        }
    ],
}
