"""Formats that hold one record a row: JSON Lines and CSV, with the mapping from their fields to ours."""
