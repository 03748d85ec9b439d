"""`benchmark scoring`: the engine beside detoxify, and how texts are read."""
