"""Lists the models of this installation, or activates one."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from moderation.management.policy_renewals import renewal_lines
from moderation.models import ModelVersion
from moderation.scoring import ModelDescription, ScoringError, available, describe
from moderation.scoring.published import PUBLISHED, Published
from moderation.services.errors import ServiceError
from moderation.services.policies.renewal import model_switch


class Command(DatabaseCommand):
    """`model list`, `model activate NAME@N`"""

    help = "List the models, or make one the model whose scores count."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the sub-commands."""
        forms = parser.add_subparsers(dest="form", required=True)
        forms.add_parser("list", help="list the models and show which one is active")
        activate = forms.add_parser("activate", help="make a model the active one")
        activate.add_argument("label", metavar="NAME@N", help="such as compact@1")

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs one of the sub-commands."""
        try:
            lines = model_lines() if options["form"] == "list" else activate(options["label"])
        except (ServiceError, ScoringError) as error:
            raise CommandError(error.detail) from error
        self.stdout.write("\n".join(lines))


def activate(label: str) -> list[str]:
    """Activates the model, and returns what to print: with it, what became of the active policy's goals."""
    switch = model_switch(label=label)
    said = f"{switch.model} is active. It scores new comments; `score_comments --rescore` scores the others."
    return [said, *(renewal_lines(switch.renewal) if switch.renewal else ()), *refusal_lines(switch.refusal)]


def refusal_lines(error: ServiceError | None) -> Iterator[str]:
    """Yields why the active policy's goals could not be resolved for a model, and what to do then."""
    if error is not None:
        yield "The goals of the active policy have no number for this model yet, so it judges on by the old ones:"
        yield from (one.detail for one in error.errors)
        yield "Once comments are scored and decided on, `policy resolve` makes a version with new numbers."


def model_lines() -> list[str]:
    """Returns a line for each model that was used or could be."""
    known = {str(version): version for version in ModelVersion.objects.all()}
    present = {description.label: description for description in map(describe, available())}
    lines = [model_line(label, known.get(label), present.get(label)) for label in sorted({*known, *present})]
    return lines + [published_line(name, model) for name, model in PUBLISHED.items() if name not in available()]


def published_line(name: str, model: Published) -> str:
    """Returns the line of one of Detoxify's models that is not converted yet."""
    return f"  {name}  {', '.join(model.languages)}  (not converted: manage.py convert_model {name})"


def model_line(label: str, version: ModelVersion | None, description: ModelDescription | None) -> str:
    """Returns the line of one model; the active one starts with `*`."""
    mark = "*" if version and version.active else " "
    languages = ", ".join(description.languages if description else version.languages if version else [])
    notes = [] if description else ["its files are missing"]
    notes += [] if version else ["not used yet"]
    return f"{mark} {label}  {languages}{'  (' + '; '.join(notes) + ')' if notes else ''}"
