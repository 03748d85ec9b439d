"""Judging again: what nobody has decided on gets the active policy's verdict, from stored scores and features."""
