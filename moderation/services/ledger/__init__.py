"""Decisions, kept for ever: rows appended in commit order, the outbox written with them, exports."""
