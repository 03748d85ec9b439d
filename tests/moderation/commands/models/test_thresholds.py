"""`thresholds`: from labelled texts to a table, with the embedded model itself."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

pytestmark = pytest.mark.django_db

RUDE = "You stupid idiot, part {n}."
CALM = "The council has {n} members."


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """40 texts of ours, half of them rude."""
    path = tmp_path / "labelled.csv"
    rows = [f'"{text.format(n=n)}",{label}' for n in range(20) for text, label in ((RUDE, 1), (CALM, 0))]
    path.write_text("\n".join(["text,toxic", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Three comments of a newspaper, one of them rude."""
    path = tmp_path / "paper.csv"
    path.write_text('text\n"I like the new hall."\n"What time is it?"\n"You stupid idiot."\n', encoding="utf-8")
    return path


def run(*arguments: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("thresholds", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_each_threshold_has_what_it_flags_on_the_screen_in_markdown_and_in_json(
    data: Path, published: Path, tmp_path: Path
) -> None:
    written, figures = tmp_path / "t.md", tmp_path / "t.json"
    out, err = run(f"en={data}", "--newspaper", f"en={published}", "--write", written, "--json", figures)
    assert written.read_text(encoding="utf-8").strip() == out.strip()
    assert "## compact@" in out
    assert "20 toxic and 20 harmless texts, 0 of these name a group; 3 comments of a newspaper." in out
    assert (
        "| 0.50 | 100.0 (83.2 to 100.0) | 100.0 (83.2 to 100.0) | 0.0 (0.0 to 16.8) | 33.3 (0.8 to 90.6) | – |" in out
    )
    assert "en: 43 rows read, 0 without text or label." in err
    (table,) = json.loads(figures.read_text(encoding="utf-8"))
    assert [row["threshold"] for row in table["rows"]][-1] == 0.95
    assert table["files"] == ["labelled.csv", "paper.csv"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("labelled.csv",), "labelled.csv is not CODE=FILE"),
        (("en=",), "en= is not CODE=FILE"),
        (("en=nowhere.csv",), "nowhere.csv is not a file."),
        (("en={data}", "--newspaper", "tr={data}"), "--newspaper: no labelled texts in tr are named."),
        (("en={data}", "--limit", "0"), "--limit: a number from 1 on."),
        (("en={data}", "--write", "/nowhere/t.md"), "--write: /nowhere is not a folder."),
        (("fr={data}",), "fr: no text that the model serves is labelled for toxicity."),
        (("en={paper}",), "No column holds labels"),
    ],
    ids=[
        "no language",
        "no file",
        "a file that is not there",
        "a newspaper alone",
        "no rows",
        "no folder",
        "refused",
        "no labels",
    ],
)
def test_wrong_arguments_are_named(data: Path, published: Path, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said.replace("(", r"\(")):
        run(*(one.format(data=data, paper=published) for one in arguments))
