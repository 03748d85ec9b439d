"""docs/reference/api.md names every address, every code, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

from moderation.api import urls
from moderation.api.responses.refusals import CODES

PAGE = (Path(settings.BASE_DIR) / "docs" / "reference" / "api.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text under a heading."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, title
    return found.group(1)


def test_every_address_is_in_the_table_and_no_other() -> None:
    cells = [line.split("|")[1] for line in section("Endpoints").splitlines() if line.startswith("| `")]
    written = {address for cell in cells for address in re.findall(r"`([^`]+)`", cell)}
    served = {re.sub(r"<\w+:(\w+)>", r"{\1}", str(one.pattern)) or "/api/v1/" for one in urls.urlpatterns}
    assert written == served


def test_every_code_is_in_the_table_with_its_status_and_no_other() -> None:
    written = {}
    for line in section("What is refused").splitlines():
        if line.startswith("| `"):
            _, codes, statuses, *_ = line.split("|")
            written |= dict(zip(re.findall(r"`(\w+)`", codes), map(int, statuses.split(",")), strict=True))
    assert written == {code: status for code, (status, _) in CODES.items()}
