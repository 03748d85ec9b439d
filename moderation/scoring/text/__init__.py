"""Prepares a text for the model: language, sentences, deobfuscation."""
