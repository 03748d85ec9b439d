"""A review's state, its version token, and the order in which rows are locked."""
