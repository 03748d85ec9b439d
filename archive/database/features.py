"""What SQLite can do, asked without a lock.

Django asks whether there is JSON in a transaction, at the first query that needs to know, and keeps the answer. Under
another's write lock that transaction fails, and Django takes it for a no until the thread ends.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import OperationalError


def json_support_tell(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Tells a new connection to SQLite whether there is JSON: a query of no table, which waits for nobody."""
    if connection.vendor != "sqlite" or "supports_json_field" in connection.features.__dict__:
        return
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT json('{}')")
        except OperationalError:
            return
    connection.features.__dict__["supports_json_field"] = True
