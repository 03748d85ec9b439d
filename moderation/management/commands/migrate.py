"""Django's `migrate`, which also mends the ledger: what it installs at its end must not refuse it at its beginning."""

from typing import Any

from django.core.management.commands import migrate

from moderation.checks import ledger_check_set_aside


class Command(migrate.Command):
    """`migrate`, with every system check but that of the ledger's triggers."""

    def check(self, *args: Any, **options: Any) -> None:
        """Runs the checks: `post_migrate` installs missing triggers (`moderation.apps.ledger_guarded`)."""
        with ledger_check_set_aside():
            super().check(*args, **options)
