"""The network itself: its layers, its batches, the training loop, and predictions of a trained one."""
