"""Commands of several parts, such as `key list` and `key revoke`."""

from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from moderation.services.errors import ServiceError


class PartsCommand(DatabaseCommand):
    """A command whose sub-command `part` is the method `part_NAME`; what a service refuses is said in a line."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs the sub-command; raises CommandError."""
        try:
            getattr(self, f"part_{options['part']}")(options)
        except ServiceError as error:
            raise CommandError(str(error)) from error
