"""Token ids in, probabilities out: windows, length-sorted batches, and the sessions that run them."""
