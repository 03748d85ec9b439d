"""Manages API keys: lists them, revokes one, gives one a new secret."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from moderation.management.arguments import number_of
from moderation.management.parts import PartsCommand
from moderation.models import ApiKey
from moderation.services.accounts.api_keys import MAX_OVERLAP_HOURS, api_key_revoke, api_key_rotate


class Command(PartsCommand):
    """`key list | revoke NAME | rotate NAME [--overlap HOURS]`"""

    help = "List API keys, revoke one, or give one a new secret. `create_api_key` creates them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the sub-commands."""
        parts = parser.add_subparsers(dest="part", required=True)
        parts.add_parser("list", help="show the keys, never their secrets")
        revoke = parts.add_parser("revoke", help="make a key invalid for good")
        rotate = parts.add_parser("rotate", help="make a new secret and print it")
        hours = number_of("--overlap", MAX_OVERLAP_HOURS)
        said = "hours for which the old secret works too; by default it is invalid at once"
        rotate.add_argument("--overlap", type=hours, default=0, metavar="HOURS", help=said)
        for part in (revoke, rotate):
            part.add_argument("name", help="the key's name")

    def part_list(self, _options: dict[str, Any]) -> None:
        """Lists the keys."""
        for key in ApiKey.objects.prefetch_related("sources"):
            self.stdout.write(key_line(key))

    def part_revoke(self, options: dict[str, Any]) -> None:
        """Revokes a key."""
        key = key_named(options["name"])
        api_key_revoke(key=key)
        self.stderr.write(f"The key {key.name} is revoked.")

    def part_rotate(self, options: dict[str, Any]) -> None:
        """Makes a new secret and prints it."""
        token = api_key_rotate(key=key_named(options["name"]), overlap_hours=options["overlap"])
        self.stderr.write("Keep the new secret: it cannot be shown again.")
        self.stdout.write(token)


def key_named(name: str) -> ApiKey:
    """Returns the key of this name; raises CommandError if there is none."""
    key: ApiKey | None = ApiKey.objects.filter(name=name).first()
    if key is None:
        raise CommandError(f"There is no key {name}.")
    return key


def key_line(key: ApiKey) -> str:
    """Returns a key for people to read."""
    sources = ", ".join(source.slug for source in key.sources.all()) or "all sources"
    rate = "" if key.rate is None else f"  {key.rate:,} a minute"
    places = f"  from {', '.join(key.networks)}" if key.networks else ""
    used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
    return f"{key.name}  {', '.join(key.scopes)}  {sources}{rate}  {key_state(key)}{places}  last used {used}"


def key_state(key: ApiKey) -> str:
    """Returns whether the key is valid, and until when."""
    if key.revoked_at:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if not key.user.is_active:
        return "its user is inactive"
    two = key.previous_until and key.previous_until > timezone.now()
    old = f", the secret before until {key.previous_until:%Y-%m-%d %H:%M}" if two else ""
    if key.expiry is None:
        return f"valid{old}"
    return f"{'expired' if key.expiry < timezone.now() else 'valid until'} {key.expiry:%Y-%m-%d %H:%M}{old}"
