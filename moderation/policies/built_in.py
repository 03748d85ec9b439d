"""The policy that an installation starts with: it queues or passes, and leaves every rejection to a person.

Its thresholds are set for `compact@2`: toxicity, obscene and insult mean what they say, the rarer attributes stay low.
Under a newspaper's debates 3 comments of 100 reach one of them, of toxic talk comments 72. See docs/models.md.
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
                    {"attribute": "toxicity", "gte": 0.55},
                    {"attribute": "severe_toxicity", "gte": 0.2},
                    {"attribute": "obscene", "gte": 0.5},
                    {"attribute": "threat", "gte": 0.2},
                    {"attribute": "insult", "gte": 0.65},
                    {"attribute": "identity_attack", "gte": 0.35},
                    {"attribute": "sexual_explicit", "gte": 0.2},
                ]
            },
            "action": "queue",
        }
    ],
}
