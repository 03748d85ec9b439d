"""A policy's verdict moves a review: judged from scores and facts, sampled for QA, saved."""
