"""Word lists: written as versions, read from files and written to them, and matched with texts."""
