"""Pages about people: who has access, who writes, whose data is erased."""
