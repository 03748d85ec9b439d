"""Reads environment variables; an error names the variable in one line, without its value, which may be a secret."""

import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

ENGINES = frozenset({"django.db.backends.sqlite3", "django.db.backends.postgresql"})
BOOLEANS = frozenset({"true", "on", "ok", "y", "yes", "1", "false", "off", "n", "no", "0", ""})
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
# How long a thread waits for a connection, and after how long an idle one is closed.
POOL_WAIT_SECONDS, POOL_IDLE_SECONDS = 10.0, 60.0
FORMS = {int: "a whole number", bool: "true or false"}


def origins_read(var: str, origins: Sequence[str]) -> list[str]:
    """Returns the origins of a variable; raises ImproperlyConfigured for one that is more or less than an origin."""
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise ImproperlyConfigured(f"{var}: {origin} must be https://HOST or https://HOST:PORT, without a path.")
    return list(origins)


def pool_options(size: int) -> dict[str, Any]:
    """Returns the options of a pool of up to `size` connections a process, which keeps few when idle."""
    return {"min_size": min(2, size), "max_size": size, "timeout": POOL_WAIT_SECONDS, "max_idle": POOL_IDLE_SECONDS}


class Environment(environ.Env):  # type: ignore[misc]
    """Reads variables; raises ImproperlyConfigured with the name of one that is invalid.

    `given` has each variable that was read and set, as it was written.
    """

    def __init__(self, **scheme: Any) -> None:
        super().__init__(**scheme)
        self.given: dict[str, str] = {}

    def get_value(
        self,
        var: str,
        cast: Callable[..., Any] | None = None,
        default: Any = environ.Env.NOTSET,
        parse_default: bool = False,
    ) -> Any:
        """Returns the value converted by `cast`. A boolean that is neither true nor false is refused, not false."""
        if var in self.ENVIRON:
            self.given[var] = self.ENVIRON[var]
        form = FORMS.get(cast, "a value of another form") if isinstance(cast, type) else "a value of another form"
        if cast is bool and self.ENVIRON.get(var, "").strip().lower() not in BOOLEANS:
            raise ImproperlyConfigured(f"{var} must be {form}.")
        try:
            return super().get_value(var, cast, default, parse_default)
        except ImproperlyConfigured:
            if var not in self.ENVIRON:
                raise
            # From None: the message would quote the supposed variable name, perhaps the rest of a password.
            raise ImproperlyConfigured(
                f"{var} begins with $, the mark of another variable, which is not set."
            ) from None
        except (ValueError, TypeError):
            raise ImproperlyConfigured(f"{var} must be {form}.") from None

    def db_url(self, var: str = "DATABASE_URL", default: Any = environ.Env.NOTSET, engine: str | None = None) -> Any:
        """Returns Django's settings for a supported database."""
        url = self.get_value(var, default=default)
        try:
            # The warnings quote the URL with its password.
            with warnings.catch_warnings(action="ignore"):
                found = self.db_url_config(url, engine)
        except (ValueError, KeyError, TypeError, AttributeError, ImproperlyConfigured):
            found = {}
        if found.get("ENGINE") not in ENGINES or not found.get("NAME"):
            forms = "sqlite:///PATH or postgres://USER:PASSWORD@HOST:PORT/NAME"
            raise ImproperlyConfigured(f"{var} must be {forms}, with special characters as %XX.")
        return found
