"""A policy's verdict moves a review: judged from scores and features, sampled for QA, saved."""
