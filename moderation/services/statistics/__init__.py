"""Numbers for the head of moderation: counted once a day and kept, then read by desk, API and commands."""
