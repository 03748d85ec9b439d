"""What is known of a comment beside its text and scores, as it was when the comment came, for a chunk at a time."""
