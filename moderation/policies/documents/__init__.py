"""Policies as people write and read them: schema, strict files, sentences, differences."""
