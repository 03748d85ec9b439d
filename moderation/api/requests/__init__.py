"""A request before its view: who calls, may they, what is asked for."""
