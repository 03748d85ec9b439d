"""Settings, addresses, middleware and the server: the only package that knows every part."""
