"""What the thresholds of a model's toxicity mean, language by language."""
