"""Applies policy verdicts to reviews: judged from scores and features, sampled for QA, saved."""
