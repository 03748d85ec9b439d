"""Many comments judged at once: exactly what `judge` says of each of them, in array operations."""

from moderation.policies.columns.judge import NO_RULE, VerdictColumns, attributes_reached, judge_columns
from moderation.policies.columns.subjects import Booleans, Coded, Floats, SubjectColumns

__all__ = [
    "NO_RULE",
    "Booleans",
    "Coded",
    "Floats",
    "SubjectColumns",
    "VerdictColumns",
    "attributes_reached",
    "judge_columns",
]
