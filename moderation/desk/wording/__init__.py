"""What a page says of a comment: causes, labels, and the marked text."""
