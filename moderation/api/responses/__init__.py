"""What a response consists of: comments as they are shown, problems, the schema."""
