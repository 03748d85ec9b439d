"""Scores and features in, a verdict with its reasons out: pure functions that know neither database nor model."""

from moderation.policies.built_in import BUILT_IN_POLICY, built_in_policy
from moderation.policies.conditions import AttributeRange, Condition
from moderation.policies.documents.parse import parse_policy, policy_sha256
from moderation.policies.errors import PolicyError
from moderation.policies.features import CommenterRecord, Features
from moderation.policies.goals import Goal
from moderation.policies.judging.judge import judge, judge_refusal
from moderation.policies.judging.needs import facts_needed, features_needed, lists_needed
from moderation.policies.policy import Policy
from moderation.policies.rules import Rule
from moderation.policies.verdict import ConditionReason, Reason, Verdict, VerdictReason

__all__ = [
    "BUILT_IN_POLICY",
    "AttributeRange",
    "CommenterRecord",
    "Condition",
    "ConditionReason",
    "Features",
    "Goal",
    "Policy",
    "PolicyError",
    "Reason",
    "Rule",
    "Verdict",
    "VerdictReason",
    "built_in_policy",
    "facts_needed",
    "features_needed",
    "judge",
    "judge_refusal",
    "lists_needed",
    "parse_policy",
    "policy_sha256",
]
