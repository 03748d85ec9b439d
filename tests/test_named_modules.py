"""A module, a file or a name in a module that documents or docstrings give in code marks is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
# Where names begin: `services.states.locking` and `scoring/calibration.py` are in `moderation`.
SEARCHED = ("", "archive", "moderation", "moderation/services", "moderation/training")
# Packages whose names begin those of other things too: `review.policy`, `data.id`, `admin/desk/`, `policies/suggest/`.
AMBIGUOUS = {"admin", "data", "policies", "review"}
# Checks, permissions and files that are no modules.
NO_MODULE = re.compile(r"moderation\.(?:[EW]\d+|decide|mute|undo_others|see_moderators|analyze)|.*\.(?:json|js)")


def texts() -> Iterator[tuple[Path, str]]:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        yield page, page.read_text(encoding="utf-8")
    for top in ("archive", "config", "moderation", "tests"):
        for module in (ROOT / top).rglob("*.py"):
            yield module, module.read_text(encoding="utf-8")


def is_there(dotted: str) -> bool:
    """Says whether a dotted name is a package, a module, or what one defines at its top."""
    for place in SEARCHED:
        target = ROOT / place / dotted.replace(".", "/")
        if target.is_dir() or target.with_suffix(".py").is_file() or _defines(target.parent, target.name):
            return True
    return False


def _defines(module: Path, name: str) -> bool:
    source = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    defined = re.compile(rf"^(?:(?:def|class) {name}\b|{name}\b.*=|    {name},$)", re.MULTILINE)
    return source.is_file() and bool(defined.search(source.read_text(encoding="utf-8")))


def packages() -> set[str]:
    folders = (entry for place in SEARCHED for entry in (ROOT / place).iterdir())
    return {folder.name for folder in folders if (folder / "__init__.py").is_file()} - AMBIGUOUS


def stale_names(page: Path, text: str, known: set[str]) -> Iterator[str]:
    """Yields files found neither where names begin nor beside the page, and dotted names of nothing."""
    for name in re.findall(r"(?<!`)`([\w./-]+)`(?!`)", text):
        begins = re.split(r"[./]", name)[0] in known
        if name.endswith(".py") or (begins and "/" in name):
            missing = not any((base / name).exists() for base in (page.parent, *(ROOT / place for place in SEARCHED)))
        else:
            missing = begins and "." in name and not NO_MODULE.fullmatch(name) and not is_there(name)
        if missing:
            yield name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("`moderation.services.review.holds`", []),
        ("`services.review.actions.ACTION_RULES`", []),
        ("`moderation.policies.judging.judge`", []),
        ("`scoring/calibration.py`", []),
        ("`review.policy`, `admin/desk/`, `config.json` and `moderation.E001`", []),
        ("`moderation.services.holding`", ["moderation.services.holding"]),
        ("`services.review.actions.ACTIONS_TABLE`", ["services.review.actions.ACTIONS_TABLE"]),
        ("`scoring/windows.py`", ["scoring/windows.py"]),
        ("`moderation/nothing/`", ["moderation/nothing/"]),
    ],
)
def test_a_stale_name_is_told_from_one_that_is_there(name: str, expected: list[str]) -> None:
    assert list(stale_names(ROOT / "docs/page.md", name, packages())) == expected


def test_documents_and_docstrings_name_no_module_or_file_that_is_not_there() -> None:
    known = packages()
    pages = [(page, text) for page, text in texts() if page != Path(__file__)]
    assert len(pages) > 300
    found = [f"{page.relative_to(ROOT)}: {name}" for page, text in pages for name in stale_names(page, text, known)]
    assert sorted(found) == []


def test_every_package_but_those_that_django_asks_for_says_what_is_in_it() -> None:
    plain = {"management", "commands", "migrations", "templatetags"}
    inits = [init for top in ("archive", "config", "moderation") for init in (ROOT / top).rglob("__init__.py")]
    assert len(inits) > 40
    silent = [init for init in inits if init.parent.name not in plain and not init.read_text().startswith('"""')]
    assert silent == []
