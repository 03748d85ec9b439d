"""The endpoints, one module a resource; each view names who may call it."""
