"""The network of `world`: its base and vocabulary, its training and its export."""
