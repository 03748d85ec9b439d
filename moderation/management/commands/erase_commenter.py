"""Erases a commenter and all their comments for good."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from archive.models import Commenter
from moderation.management import erasing
from moderation.services.privacy.erasures import commenter_erasure
from moderation.services.privacy.export import commenter_export_lines


class Command(DatabaseCommand):
    """`erase_commenter ID --export FILE | --no-export [--as USER]`"""

    help = "Export what is stored of a commenter, erase it for good, and print the receipt."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the arguments."""
        erasing.add_arguments(parser, what="commenter")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exports, then erases."""
        commenter = commenter_numbered(options["id"])
        confirmation = erasing.export_first(
            options, lambda: commenter_export_lines(commenter=commenter), stdout=self.stdout
        )
        erasing.erase(commenter_erasure, options, self.stdout, commenter=commenter, confirmation=confirmation)


def commenter_numbered(pk: int) -> Commenter:
    """Returns the commenter of this number; raises CommandError if there is none."""
    commenter = Commenter.objects.select_related("source").filter(pk=pk).first()
    if commenter is None:
        raise CommandError(f"There is no commenter {pk}.")
    return commenter
