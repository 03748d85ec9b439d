"""Complaints about decisions: taken in, and decided by another person than the one who made the decision."""
