"""What applies to requests of every kind: bodies, uploads, login and sessions."""
