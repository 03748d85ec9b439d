"""Manages webhook targets: adds, lists, rotates secrets, disables and enables."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from archive.management.database import DatabaseCommand
from moderation.management.arguments import MAX_ID, number_of, parse_sources
from moderation.models import Delivery, WebhookTarget
from moderation.services.errors import ServiceError
from moderation.services.webhooks.targets import (
    OVERLAP_HOURS,
    webhook_secret_rotate,
    webhook_target_create,
    webhook_target_disable,
    webhook_target_enable,
)


class Command(DatabaseCommand):
    """`webhook add URL [--source S…] | list | rotate ID [--overlap HOURS] | disable ID | enable ID`"""

    help = "Manage webhook targets. A secret is printed once, alone, on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the sub-commands."""
        parts = parser.add_subparsers(dest="part", required=True)
        add = parts.add_parser("add", help="create a target and print its secret")
        add.add_argument("url", help="an address that begins with https://")
        add.add_argument("--source", action="append", default=[], help="only this source's decisions; may be repeated")
        parts.add_parser("list", help="show the targets")
        rotate = parts.add_parser("rotate", help="make a new secret and print it")
        rotate.add_argument(
            "--overlap",
            type=number_of("--overlap"),
            default=OVERLAP_HOURS,
            help="hours that the old secret still signs (24)",
        )
        for part in (rotate, parts.add_parser("disable"), parts.add_parser("enable")):
            part.add_argument("id", type=number_of("id", MAX_ID), help="the target's number")

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs the sub-command."""
        try:
            getattr(self, f"part_{options['part']}")(options)
        except ServiceError as error:
            raise CommandError(str(error)) from error

    def part_add(self, options: dict[str, Any]) -> None:
        """Creates a target and prints its secret."""
        target, secret = webhook_target_create(url=options["url"], sources=parse_sources(options["source"]))
        self.stderr.write(f"Created target {target.pk}. Keep its secret: it cannot be shown again.")
        self.stdout.write(secret)

    def part_list(self, _options: dict[str, Any]) -> None:
        """Lists the targets."""
        for target in WebhookTarget.objects.prefetch_related("sources"):
            sources = ", ".join(source.slug for source in target.sources.all()) or "all sources"
            waiting = Delivery.objects.open().filter(target=target).count()
            self.stdout.write(f"{target.pk}  {target.url}  {sources}  {target_status(target)}, {waiting:,} waiting")

    def part_rotate(self, options: dict[str, Any]) -> None:
        """Makes a new secret and prints it."""
        secret = webhook_secret_rotate(target=target_of(options), overlap_hours=options["overlap"])
        self.stderr.write("Keep the new secret: it cannot be shown again.")
        self.stdout.write(secret)

    def part_disable(self, options: dict[str, Any]) -> None:
        """Disables a target."""
        webhook_target_disable(target=target_of(options), because="By the command line.")

    def part_enable(self, options: dict[str, Any]) -> None:
        """Enables a target."""
        webhook_target_enable(target=target_of(options))


def target_of(options: dict[str, Any]) -> WebhookTarget:
    """Returns the target with the given id; raises CommandError if there is none."""
    target = WebhookTarget.objects.filter(pk=options["id"]).first()
    if target is None:
        raise CommandError(f"There is no target {options['id']}.")
    return target


def target_status(target: WebhookTarget) -> str:
    """Returns the target's status for people to read."""
    if not target.active:
        return f"disabled ({target.disabled_because})" if target.disabled_because else "disabled"
    paused = target.paused_until is not None and target.paused_until > timezone.now()
    return f"failing, next try {target.paused_until:%Y-%m-%d %H:%M:%S %Z}" if paused else "active"
