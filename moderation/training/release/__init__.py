"""From a trained network to a model in the repository: calibration, export, evaluation, model card."""
