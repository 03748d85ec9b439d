"""Creates an API key; prints its secret once, and nothing else, on standard output."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from moderation.management.arguments import number_of, parse_expiry, parse_sources
from moderation.models import Scope
from moderation.services.accounts.api_keys import api_key_create
from moderation.services.errors import ServiceError


class Command(DatabaseCommand):
    """`create_api_key NAME --scope S…`"""

    help = "Create an API key. Its secret is printed once and not stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument("name", help="what the key is for; decisions made with it carry this name")
        parser.add_argument("--scope", action="append", required=True, choices=Scope.values, help="may be repeated")
        parser.add_argument("--expires", help="a date or a date and time; by default the key never expires")
        parser.add_argument(
            "--source", action="append", default=[], help="limit the key to this source; may be repeated"
        )
        parser.add_argument(
            "--rate", type=number_of("--rate"), help="requests per minute; by default MODERATION_KEY_RATE"
        )
        parser.add_argument(
            "--network", action="append", default=[], help="an address or network it works from; may be repeated"
        )
        parser.add_argument("--drop-unsupported", action="store_true", help="drop attributes that no model serves")
        parser.add_argument("--trusted-feedback", action="store_true", help="its suggested scores may be calibrated on")

    def handle(self, *args: Any, **options: Any) -> None:
        """Creates the key and prints its secret."""
        try:
            key, token = api_key_create(
                name=options["name"],
                scopes=options["scope"],
                expires=parse_expiry(options["expires"]),
                sources=parse_sources(options["source"]),
                rate=options["rate"],
                drop_unsupported=options["drop_unsupported"],
                trusted_feedback=options["trusted_feedback"],
                networks=options["network"],
            )
        except ServiceError as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"Created key {key.name} with {', '.join(key.scopes)}. Keep it: it cannot be shown again.")
        self.stdout.write(token)
