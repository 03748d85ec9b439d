"""Requests and responses of appeals."""
