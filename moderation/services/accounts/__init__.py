"""Who may do what: API keys, the sources a person or key is limited to, desk settings."""
