"""Perspective's attribute names: which attribute a requested name means."""

import re

# `TOXICITY@6` asks for a version, `INSULT_EXPERIMENTAL` for the attribute as it was before it was released.
_NAME = re.compile(r"(?P<base>[A-Z_]+?)(?:_EXPERIMENTAL)?(?:@[0-9]+)?")


def attribute_meant(requested: str) -> str:
    """The attribute that a requested name means, `TOXICITY` for `TOXICITY@6`; empty for what is no name at all."""
    found = _NAME.fullmatch(requested)
    return found.group("base") if found else ""
