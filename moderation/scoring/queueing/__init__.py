"""Concurrent requests in front of a scorer: who may wait, and who is scored together."""
