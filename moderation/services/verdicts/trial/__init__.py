"""A version that is tried, or young: candidate, shadow and brake."""
