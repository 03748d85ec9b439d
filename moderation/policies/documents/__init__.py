"""Policies as people write and read them: strict files, sentences, differences."""
