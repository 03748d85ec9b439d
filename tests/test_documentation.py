"""A command, option, setting or endpoint that is not documented fails here."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core import management
from django.core.management import find_commands, get_commands, load_command_class
from django.urls import URLPattern, URLResolver, get_resolver

from moderation.desk.finding.queues import QUEUES
from moderation.models.webhook import COMMENT_ERASED, COMMENTER_ERASED, DECIDED, EVENTS
from moderation.scoring.catalogue.descriptions import MODELS
from moderation.scoring.catalogue.published import PUBLISHED
from moderation.services.review.actions import ACTION_RULES

ROOT = Path(settings.BASE_DIR)
DOCS = ROOT / "docs"
DJANGO_OPTIONS = {
    "--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color", "--force-color",
    "--skip-checks", "--help",
}  # fmt: skip
DJANGO_COMMANDS = set(find_commands(management.__path__[0]))


def own_commands() -> list[str]:
    return sorted(name for name, app in get_commands().items() if app in {"archive", "moderation"})


def options_of(name: str, app: str = "") -> Iterator[str]:
    """The options of a command; what a command of Django's has that ours stands in for, Django documents."""
    parser = load_command_class(app or get_commands()[name], name).create_parser("manage.py", name)
    known = DJANGO_OPTIONS | (set(options_of(name, "django.core")) if not app and name in DJANGO_COMMANDS else set())
    for action in parser._actions:
        yield from (option for option in action.option_strings if option.startswith("--") and option not in known)


def api_paths(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from api_paths(entry, path)
        elif isinstance(entry, URLPattern):
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)


def markdown() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md")))


@pytest.mark.parametrize("name", own_commands())
def test_every_command_and_each_of_its_options_is_documented(name: str) -> None:
    assert f"`{name}" in (DOCS / "reference/commands.md").read_text(encoding="utf-8")
    text = markdown()
    assert [option for option in options_of(name) if option not in text] == []


def test_every_variable_that_the_settings_read_is_documented() -> None:
    source = (ROOT / "config/settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r"env\.\w+\(\s*\"(\w+)\"", source)) | {"BIND", "WEB_CONCURRENCY", "WEB_THREADS"}
    text = (DOCS / "reference/settings.md").read_text(encoding="utf-8")
    assert len(names) > 20
    assert sorted(name for name in names if f"`{name}`" not in text) == []


def test_every_endpoint_is_documented() -> None:
    text = markdown()
    paths = {path for path in api_paths(get_resolver()) if not path.startswith(("admin/", "favicon"))}
    assert "api/v1/comments/" in paths
    assert sorted(path for path in paths if path and path.removeprefix("api/v1/") not in text) == []


def test_every_type_of_event_is_documented() -> None:
    text = (DOCS / "how-to/webhooks.md").read_text(encoding="utf-8")
    events = (DECIDED, *EVENTS.values(), COMMENT_ERASED, COMMENTER_ERASED)
    assert [event for event in events if f"- `{event}`: " not in text] == []


def test_every_action_is_documented_for_the_api_and_every_queue_for_the_desk() -> None:
    api = (DOCS / "reference/api.md").read_text(encoding="utf-8")
    assert [action for action in ACTION_RULES if f"`{action}`" not in api] == []
    _, queues = (DOCS / "how-to/review-desk.md").read_text(encoding="utf-8").split("## Queues and filters")
    assert [name for name, queue in QUEUES.items() if str(queue.label).lower() not in queues.lower()] == []


def test_every_model_that_is_built_in_or_published_is_documented() -> None:
    text = (DOCS / "how-to/use-another-model.md").read_text(encoding="utf-8")
    assert [name for name in (*MODELS, *PUBLISHED) if f"`{name}`" not in text] == []


def test_every_link_between_the_documents_leads_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [ROOT / "README.md", *DOCS.rglob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_readme_has_both_lines() -> None:
    start = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/"
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith(start)] == [f"{start}python manage.py demo", f"{start}pytest"]


def test_the_requirements_pin_everything_and_name_no_cuda_package() -> None:
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9.-]+(\[\w+\])?==[\w.]+( ; .*)?", line)] == []
    assert [line for line in lines if re.match(r"nvidia|cuda|triton", line)] == []
    assert "torch==2.13.0" in lines
