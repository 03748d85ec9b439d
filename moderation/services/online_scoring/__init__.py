"""A request's text, scored while it waits, behind one bounded queue for every edge."""
