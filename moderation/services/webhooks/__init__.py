"""Sends what the outbox holds to the targets that asked for it, signed, at least once."""
