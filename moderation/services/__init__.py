"""The only writers of moderation's rows: every view, admin page and command calls in here."""
