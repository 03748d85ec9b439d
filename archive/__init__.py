"""The archive: sources, articles, comments and their importers. It knows nothing of moderation."""
