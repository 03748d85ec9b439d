"""What ships has a licence that somebody looked at, and the page that lists them is not behind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGE = ROOT / "docs/reference/licences.md"
# Licences that let Moderato be given away and run as a service. LGPL: these packages are used as they are.
LOOKED_AT = re.compile(
    r"MIT|BSD|Apache|ISC|MPL|Mozilla Public|PSF|Python Software|Unlicense|LGPL|Zlib|CC0|Public.Domain", re.IGNORECASE
)


def listed() -> dict[str, str]:
    rows = re.findall(
        r"^\| ([\w.\[\]-]+) \| (.+) \|$", PAGE.read_text(encoding="utf-8").split("| package |")[1], re.MULTILINE
    )
    return {name: licence for name, licence in rows if name != "---"}


def test_the_page_has_every_package_that_is_installed_and_no_other() -> None:
    pinned = [line.split("==")[0] for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line]
    assert list(listed()) == pinned


def test_each_licence_was_looked_at() -> None:
    assert {name: licence for name, licence in listed().items() if not LOOKED_AT.search(licence)} == {}


def test_the_bill_of_materials_names_every_package_and_is_the_same_each_time(tmp_path: Path) -> None:
    pytest.importorskip("cyclonedx_py", reason="requirements-dev.txt has it")
    made = []
    for name in ("one.json", "two.json"):
        command = [sys.executable, "-m", "cyclonedx_py", "requirements", "requirements.txt", "--output-reproducible"]
        subprocess.run(
            [*command, "--of", "JSON", "-o", str(tmp_path / name)], cwd=ROOT, check=True, capture_output=True
        )
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    for package in listed():
        assert f'"purl": "pkg:pypi/{re.sub(r"[-_.]+", "-", package).lower()}@'.encode() in made[0]
