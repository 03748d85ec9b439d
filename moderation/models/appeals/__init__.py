"""Complaints about decisions."""
