"""The REST API: requests in, services called, JSON out. It decides nothing and writes nothing of its own."""
