"""Metrics of scores: AUC, calibration, identity bias, robustness to perturbations. Pure."""
