"""Sets up a demo: migrates, imports the fixtures, scores them, creates a login and a key, and serves."""

import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db.models import QuerySet
from django.utils import timezone

from archive.management.database import DatabaseCommand
from archive.models import Comment
from moderation.models import ApiKey, Review
from moderation.services.accounts.api_keys import api_key_create
from moderation.services.statistics.snapshot import day_snapshot

FIXTURES = ("articles.jsonl", "comments.jsonl")
LOGIN = "moderator"
KEY = "demo"
SHOWN = 25
EXCERPT = 60


class Command(DatabaseCommand):
    """`demo [--no-serve] [--address HOST:PORT]`"""

    help = "Set everything up with the project's own articles and comments, score them, and serve."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument("--no-serve", action="store_true", help="exit after the table, with status 0")
        parser.add_argument("--address", default="127.0.0.1:8000", help="where to serve (127.0.0.1:8000)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs the steps; each prints what it did, or that there was nothing to do."""
        self.prepare()
        self.stdout.write("")
        self.print_flagged()
        self.print_access(options["address"])
        if not options["no_serve"]:
            call_command("runserver", options["address"], use_reloader=False)

    def prepare(self) -> None:
        """Migrates, imports, scores and counts the day."""
        call_command("migrate", verbosity=0)
        before = Comment.objects.count()
        folder = Path(settings.BASE_DIR) / "fixtures"
        call_command("import_comments", *[str(folder / name) for name in FIXTURES], stdout=self.stdout)
        if Comment.objects.unscored().exists():
            call_command("score_comments", stdout=self.stdout)
        elif Comment.objects.count() == before:
            self.stdout.write("Nothing to do: every article and comment is there and scored. Nothing was changed.")
        day_snapshot(day=timezone.localdate())

    def print_flagged(self) -> None:
        """Prints the flagged comments, riskiest first."""
        flagged = flagged_reviews()
        total = flagged.count()
        self.stdout.write(
            f"{total} of {Comment.objects.count()} comments are flagged. The {min(SHOWN, total)} riskiest:\n\n"
        )
        self.stdout.write(f"{'id':>5}  {'toxicity':>8}  {'because of':<22}  {'state':<9}  comment")
        for review in flagged[:SHOWN]:
            self.stdout.write(row_of(review))

    def print_access(self, address: str) -> None:
        """Creates the login and the key if they are missing, and prints the URLs."""
        self.stdout.write("")
        self.print_login(address)
        self.print_key(address)

    def print_login(self, address: str) -> None:
        """Creates the moderator's login if it is missing; its password is printed once."""
        user, created = get_user_model().objects.get_or_create(username=LOGIN, defaults={"is_staff": True})
        known = "the password that the first run printed"
        if created:
            known = secrets.token_urlsafe(12)
            user.set_password(known)
            user.save()
            user.groups.add(Group.objects.get(name="senior"))
        self.stdout.write(f"Admin      http://{address}/admin/desk/")
        self.stdout.write(f"           login {LOGIN}, password {known}")

    def print_key(self, address: str) -> None:
        """Creates the demo's API key if it is missing; its secret is printed once."""
        known = "KEY"
        if not ApiKey.objects.filter(name=KEY).exists():
            known = api_key_create(name=KEY, scopes=["read", "write", "analyze", "moderate"])[1]
        self.stdout.write(f"API        http://{address}/api/v1/docs/")
        self.stdout.write(f'           curl -H "Authorization: Bearer {known}" http://{address}/api/v1/flagged/')
        if known == "KEY":
            self.stdout.write(
                "           The key was printed by the first run; `manage.py create_api_key` makes another."
            )


def flagged_reviews() -> QuerySet[Review]:
    """Returns the flagged reviews with what the table shows, riskiest first."""
    return Review.objects.flagged().select_related("comment", "score").order_by("-risk", "comment_id")


def row_of(review: Review) -> str:
    """Returns one line of the table, with an excerpt of the text and no control characters."""
    scores = [reason for reason in review.verdict.get("reasons", ()) if "attribute" in reason]
    reasons = scores or [{"attribute": review.verdict.get("rule", ""), "score": None}]
    strongest = max(reasons, key=lambda reason: (reason["score"] or 0) / (reason.get("threshold") or 1))
    because = (
        strongest["attribute"] if strongest["score"] is None else f"{strongest['attribute']} {strongest['score']:.2f}"
    )
    toxicity = f"{review.score.toxicity:.3f}" if review.score and review.score.toxicity is not None else "–"
    return f"{review.comment_id:>5}  {toxicity:>8}  {because:<22.22}  {review.state:<9}  {excerpt(review.comment.text)}"


def excerpt(text: str) -> str:
    """Returns the beginning of the text on one line, with unprintable characters (escape sequences) replaced."""
    line = "".join(character if character.isprintable() else "·" for character in " ".join(text.split()))
    return line if len(line) <= EXCERPT else f"{line[: EXCERPT - 1]}…"
