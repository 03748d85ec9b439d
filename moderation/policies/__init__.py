"""Scores in, verdict and reasons out: pure functions that know neither the database nor the model."""

from moderation.policies.built_in import BUILT_IN_POLICY
from moderation.policies.judge import judge, judge_refusal
from moderation.policies.parse import Condition, Policy, PolicyError, Rule, parse_policy, policy_sha256
from moderation.policies.verdict import Verdict, VerdictReason

__all__ = [
    "BUILT_IN_POLICY",
    "Condition",
    "Policy",
    "PolicyError",
    "Rule",
    "Verdict",
    "VerdictReason",
    "judge",
    "judge_refusal",
    "parse_policy",
    "policy_sha256",
]
