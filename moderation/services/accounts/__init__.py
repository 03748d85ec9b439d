"""API keys, who manages whom, the sources that a person or key is limited to, desk settings."""
