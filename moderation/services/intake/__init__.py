"""Takes comments and feedback from the APIs into the archive and the review queue."""
