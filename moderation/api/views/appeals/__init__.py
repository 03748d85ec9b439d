"""Endpoints for appeals."""
