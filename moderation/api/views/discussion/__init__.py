"""Endpoints of comments and of what is done with them."""
