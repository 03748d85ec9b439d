"""Lists the models of this installation and who serves what; activates or deactivates one."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from moderation.management.policies.policy_renewals import renewal_lines
from moderation.models import ModelVersion
from moderation.scoring import ModelDescription, ScoringError, available, describe
from moderation.scoring.catalogue.published import PUBLISHED, Published
from moderation.scoring.catalogue.routing import languages_routed
from moderation.services.errors import ServiceError
from moderation.services.model_versions import languages_allowed, model_deactivate, models_active, models_ordered
from moderation.services.policies.rollout.renewal import model_switch


class Command(DatabaseCommand):
    """`model list`, `model activate NAME@N`, `model deactivate NAME`"""

    help = "List the models and the languages each serves, or change which ones' scores count."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the sub-commands."""
        forms = parser.add_subparsers(dest="form", required=True)
        forms.add_parser("list", help="list the models: which are active, and who serves what")
        activate = forms.add_parser("activate", help="make a model an active one, for the languages it serves")
        activate.add_argument("label", metavar="NAME@N", help="such as compact@1")
        deactivate = forms.add_parser("deactivate", help="leave a model's languages to the others")
        deactivate.add_argument("label", metavar="NAME", help="such as world or world@1")

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs one of the sub-commands."""
        try:
            lines = model_lines() if options["form"] == "list" else CHANGES[options["form"]](options["label"])
        except (ServiceError, ScoringError) as error:
            raise CommandError(error.detail) from error
        self.stdout.write("\n".join(lines))


def activate(label: str) -> list[str]:
    """Activates the model, and returns what to print: with it, what became of the active policy's goals."""
    switch = model_switch(label=label)
    said = f"{switch.model} is active. It scores new comments; `score_comments --rescore` scores the others."
    return [
        said,
        *_beside(),
        *(renewal_lines(switch.renewal) if switch.renewal else ()),
        *refusal_lines(switch.refusal),
    ]


def deactivate(label: str) -> list[str]:
    """Deactivates the model, and returns what to print."""
    return [f"{model_deactivate(label=label)} is not active any more; its scores stay.", *_beside()]


CHANGES = {"activate": activate, "deactivate": deactivate}


def _beside() -> Iterator[str]:
    """Yields who serves what now, if several models do."""
    models = models_active()
    routes = languages_routed(models, languages_allowed())
    for model in models if len(models) > 1 else ():
        yield f"{model} serves {', '.join(code for code, one in routes.items() if one == model)}."


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
    active = models_ordered([version for version in known.values() if version.active])
    routes = {code: str(model) for code, model in languages_routed(active, languages_allowed()).items()}
    lines = [model_line(label, known.get(label), present.get(label), routes) for label in sorted({*known, *present})]
    return lines + [published_line(name, model) for name, model in PUBLISHED.items() if name not in available()]


def published_line(name: str, model: Published) -> str:
    """Returns the line of one of Detoxify's models that is not converted yet."""
    return f"  {name}  {', '.join(model.languages)}  (not converted: manage.py convert_model {name})"


def model_line(
    label: str, version: ModelVersion | None, description: ModelDescription | None, routes: Mapping[str, str]
) -> str:
    """Returns the line of one model; an active one starts with `*`. `routes` is language → the model that serves it."""
    mark = "*" if version and version.active else " "
    model = description or version
    full, trial = (list(model.languages), list(model.experimental_languages)) if model else ([], [])
    notes = [] if description else ["its files are missing"]
    notes += [] if version else ["not used yet"]
    notes += list(_served_notes(label, full, trial, routes)) if version and version.active else []
    notes += [f"experimental: {', '.join(trial)}"] if trial and not (version and version.active) else []
    return f"{mark} {label}  {', '.join(full)}{'  (' + '; '.join(notes) + ')' if notes else ''}"


def _served_notes(label: str, full: list[str], trial: list[str], routes: Mapping[str, str]) -> Iterator[str]:
    """Yields what an active model leaves to others, and which of its experimental languages are served."""
    for other in dict.fromkeys(routes[code] for code in full if routes[code] != label):
        yield f"{', '.join(code for code in full if routes[code] == other)} by {other}"
    if on := [code for code in trial if routes.get(code) == label]:
        yield f"experimental, served: {', '.join(on)}"
    if off := [code for code in trial if code not in routes]:
        yield f"experimental, not served: {', '.join(off)}"
