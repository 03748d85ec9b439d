"""Models that label what people did not: existing models, words, an LSTM; their soft labels, stacked."""
