"""Middleware that belongs to neither app; MIDDLEWARE in the settings has its order."""
