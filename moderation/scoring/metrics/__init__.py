"""Figures that judge scores: AUC, calibration, identity bias, loss under disguise. Pure."""
