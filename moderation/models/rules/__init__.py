"""Rows of what a newsroom sets: policies, their rollout, word lists."""
