"""Claims unscored comments with a lease, scores them outside transactions, saves them in short ones."""
