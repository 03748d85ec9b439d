"""Judges a model on texts that people, or Perspective, have scored. No part of serving."""
