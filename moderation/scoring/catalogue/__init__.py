"""Which models there are, and which of them serves a text."""
