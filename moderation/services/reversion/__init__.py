"""Taking back: what one rule of one version did without a person is undone, as new rows of the ledger."""
