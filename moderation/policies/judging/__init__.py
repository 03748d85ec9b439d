"""Judges one comment: a policy's rules compiled, asked in their order, and what they have to know of a comment."""
