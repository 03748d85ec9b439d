"""What state a review is in, its version token, and the order in which rows are locked."""
