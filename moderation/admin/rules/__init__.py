"""Pages of what the newsroom sets: policies, word lists, webhooks."""
