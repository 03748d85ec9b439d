"""Labelled data sets: read, cleaned, and split so that near-duplicates stay on one side."""
