"""Formats with one record per row: JSON Lines and CSV, with the mapping from their fields to ours."""
