"""Bodies and responses about policies and their word lists."""
