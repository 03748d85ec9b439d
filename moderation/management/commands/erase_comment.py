"""Erases one comment for good."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from archive.models import Comment
from moderation.management import erasing
from moderation.services.privacy.erasures import comment_erasure
from moderation.services.privacy.export import comment_export_lines


class Command(DatabaseCommand):
    """`erase_comment ID --export FILE | --no-export [--as USER]`"""

    help = "Export what is stored of a comment, erase it for good, and print the receipt."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the arguments."""
        erasing.add_arguments(parser, what="comment")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exports, then erases."""
        comment = Comment.objects.filter(pk=options["id"]).first()
        if comment is None:
            raise CommandError(f"There is no comment {options['id']}.")
        confirmation = erasing.export_first(options, lambda: comment_export_lines(comment=comment), stdout=self.stdout)
        erasing.erase(comment_erasure, options, self.stdout, comment=comment, confirmation=confirmation)
