"""A message of the dialect: its fields, and how a body is read."""
