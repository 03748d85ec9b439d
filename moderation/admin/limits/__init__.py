"""What bounds every page: a moderator's sources, filters, lookups, the audit of changes."""
