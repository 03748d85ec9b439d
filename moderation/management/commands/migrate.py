"""Django's `migrate`, without the check for the ledger's triggers, because it is what installs missing ones."""

from typing import Any

from django.core.management.commands import migrate

from moderation.checks import ledger_check_skipped


class Command(migrate.Command):
    """`migrate`, with every system check except that of the ledger's triggers."""

    def check(self, *args: Any, **options: Any) -> None:
        """Runs the checks: `post_migrate` installs missing triggers (`moderation.apps.ledger_restore_triggers`)."""
        with ledger_check_skipped():
            super().check(*args, **options)
