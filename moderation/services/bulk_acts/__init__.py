"""One action on very many comments: previewed, confirmed, done in parts, and taken back as one."""
