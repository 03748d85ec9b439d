"""The only code that writes moderation's rows: every view, admin page and command goes through it."""
