"""The append-only decision ledger: rows appended in commit order, the outbox written with them, exports."""
