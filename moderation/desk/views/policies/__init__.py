"""The desk's pages of policies."""
