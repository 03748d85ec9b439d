"""Converts a Detoxify checkpoint into a model that the engine runs, and compares the two."""
