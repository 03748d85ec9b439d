"""Inference, from token ids to probabilities: windows, length-sorted batches, and the sessions that run them."""
