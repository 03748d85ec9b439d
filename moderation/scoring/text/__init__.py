"""What happens to a text before the model reads it: its language, its sentences, disguises taken off."""
