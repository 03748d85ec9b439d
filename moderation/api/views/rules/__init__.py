"""Endpoints of policies, word lists, models and reasons."""
