"""The head that learns Perspective's scale on features of the trained network."""
