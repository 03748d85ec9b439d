"""The endpoints, one module per resource; each view declares who may call it."""
