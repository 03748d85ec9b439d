"""The conditions of rules: what each asks of a comment, and how it is put together with others."""

from moderation.policies.conditions.base import Condition, ConditionKind, Subject
from moderation.policies.conditions.groups import GROUPS, All, AnyOf, Group, Not
from moderation.policies.conditions.kinds import KINDS
from moderation.policies.conditions.ranges import AttributeRange

__all__ = [
    "GROUPS",
    "KINDS",
    "All",
    "AnyOf",
    "AttributeRange",
    "Condition",
    "ConditionKind",
    "Group",
    "Not",
    "Subject",
]
