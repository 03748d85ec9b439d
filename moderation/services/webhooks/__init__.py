"""Sends the outbox to webhook targets: signed, at least once."""
