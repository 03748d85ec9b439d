"""Stands for another package that jsonschema imports if it is there: see `tests/absent/rfc3987_syntax.py`."""

raise ImportError("absent, as in an installation")
