"""Gives a pooled connection back while its thread waits for something else than the database."""

from django.db import connection


def connection_release() -> None:
    """Gives this thread's connection back to the pool; does nothing in a transaction, or without a pool.

    The next query takes one again. Without a pool a connection would be closed, and opened again at a cost.
    """
    if connection.settings_dict.get("OPTIONS", {}).get("pool") and not connection.in_atomic_block:
        connection.close()
