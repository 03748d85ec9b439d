"""Trains the `world` model: multilingual-e5-small with a smaller vocabulary, on English and native comments.

See docs/models.md; `python -m moderation.training.world --help`. Not part of the service.
"""
