"""What spares the people at the desk; each one's own."""
