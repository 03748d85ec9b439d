"""The documentation becomes one site without a warning: every link and every anchor in it leads somewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
BUILD = ("-m", "sphinx", "-q", "-W", "--keep-going", "-c", "config/docs")


def build(docs: Path, site: Path) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("sphinx", reason="requirements-dev.txt has it")
    command = [sys.executable, *BUILD, "-d", str(site / ".trees"), str(docs), str(site)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_site_is_built_from_docs_without_a_warning(tmp_path: Path) -> None:
    done = build(ROOT / "docs", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    pages = {str(path.relative_to(ROOT / "docs").with_suffix(".html")) for path in (ROOT / "docs").rglob("*.md")}
    assert sorted(page for page in pages if not (tmp_path / page).is_file()) == []


@pytest.mark.parametrize("link", ["[gone](no-such-page.md)", "[gone](index.md#no-such-heading)"])
def test_a_link_that_leads_nowhere_fails_the_build(link: str, tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text(f"# Start\n\nSee {link}.\n")
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode == 1
    assert "no-such" in done.stderr
