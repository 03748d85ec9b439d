"""Requests in and rows out as JSON: what each endpoint reads, refuses and answers."""
