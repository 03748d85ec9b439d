"""What the command `policy` does, an action a module."""
