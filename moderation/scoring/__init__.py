"""The scoring engine: text in, scores out. Knows no Django, and imports nothing heavy until a text is scored.

Services call `open_scorer(...).score(texts)`, or `Router(...).score(texts)` for several models; everything else is
behind that facade.
"""

from moderation.scoring.catalogue.descriptions import ModelDescription, available, describe, look_in, verify_now
from moderation.scoring.catalogue.routing import Routing
from moderation.scoring.results import ATTRIBUTES, Language, Refusal, Result, ScoringError, Span
from moderation.scoring.router import Router
from moderation.scoring.scorer import Scorer, open_scorer

__all__ = [
    "ATTRIBUTES",
    "Language",
    "ModelDescription",
    "Refusal",
    "Result",
    "Router",
    "Routing",
    "Scorer",
    "ScoringError",
    "Span",
    "available",
    "describe",
    "look_in",
    "open_scorer",
    "verify_now",
]
