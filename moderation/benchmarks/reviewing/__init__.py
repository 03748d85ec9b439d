"""`benchmark desk` and `benchmark moderators`: pages, and many people who decide at once."""
