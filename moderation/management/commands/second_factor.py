"""Shows who has a second factor, and takes one off for somebody who lost phone and recovery codes."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from moderation.management.parts import PartsCommand
from moderation.services.accounts.second_factor import people_with_second_factor, second_factor_reset


class Command(PartsCommand):
    """`second_factor list | reset NAME`"""

    help = "List who has a second factor, or take a person's off. They set up a new one at their next login."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the sub-commands."""
        parts = parser.add_subparsers(dest="part", required=True)
        parts.add_parser("list", help="show who has one")
        reset = parts.add_parser("reset", help="take a person's off, with the recovery codes")
        reset.add_argument("name", help="the person's user name")

    def part_list(self, _options: dict[str, Any]) -> None:
        """Lists the names."""
        for name in people_with_second_factor():
            self.stdout.write(name)

    def part_reset(self, options: dict[str, Any]) -> None:
        """Takes it off."""
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['name']}.")
        if not second_factor_reset(user=user):
            raise CommandError(f"{user.username} has no second factor.")
        self.stderr.write(f"{user.username} sets up a new second factor at the next login, if one is asked for.")
