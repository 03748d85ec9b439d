"""`perspective_agreement`: from stored scores to figures, a report, and a local calibration."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from moderation.scoring.calibration import read_calibration
from moderation.services.online_scoring import perspective
from moderation.services.online_scoring.perspective import calibration_path

pytestmark = pytest.mark.django_db

RUDE = ("stupid", "idiot", "liar", "fool", "moron", "pathetic", "useless", "disgusting")
CALM = ("thank", "article", "council", "weather", "reader", "budget", "bridge", "library")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """320 texts, from calm to rude, with scores that follow how rude they are."""
    chance = random.Random(5)  # noqa: S311 - made-up texts, no secret
    path = tmp_path / "stored.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["comment_text", "TOXICITY@6", "api_insult"])
        for number in range(320):
            rude = chance.random() ** 3
            words = " ".join(chance.choice(RUDE if chance.random() < rude else CALM) for _ in range(8))
            writer.writerow([f"You {words} {number}.", f"{rude:.2f}", f"{rude / 2:.2f}"])
    return path


@pytest.fixture
def base(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """A project folder of the test's own."""
    settings.BASE_DIR = tmp_path
    perspective._calibration.cache_clear()
    yield tmp_path
    perspective._calibration.cache_clear()


def run(*arguments: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("perspective_agreement", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_it_prints_ranks_errors_and_what_thresholds_flag(data: Path, base: Path) -> None:
    out, err = run(data, "--column", "INSULT=api_insult", "--language", "en", "--note", "Made up.")
    assert "| TOXICITY | 320 | uncalibrated | 0." in out
    assert "| INSULT | 320 | served (wikipedia@2) | 0." in out
    for threshold in (0.5, 0.7, 0.8, 0.9):
        assert f"| TOXICITY | {threshold} | uncalibrated |" in out
    assert "- Made up." in out
    assert "TOXICITY from TOXICITY@6, INSULT from api_insult" in err
    assert "320 rows read, 0 without text or score" in err
    assert not list(base.glob("var/**/*.json"))


def test_a_fit_is_kept_under_its_name_with_a_version_and_the_report_is_written(data: Path, base: Path) -> None:
    out, err = run(data, "--language", "en", "--fit", "ours", "--write", base / "report.md")
    assert "| TOXICITY | 320 | fitted here, cross-validated |" in out
    assert (base / "report.md").read_text(encoding="utf-8").strip() == out.strip()
    assert "MODERATION_PERSPECTIVE_CALIBRATION=ours" in err
    first = read_calibration(calibration_path("ours"))
    assert (first.label, list(first.curves), first.curves["TOXICITY"].rows) == ("ours@1", ["TOXICITY"], 320)
    run(data, "--language", "en", "--fit", "ours")
    assert read_calibration(calibration_path("ours")).label == "ours@2"


def test_a_limit_reads_the_beginning_and_too_few_rows_make_no_calibration(data: Path, base: Path) -> None:
    with pytest.raises(CommandError, match="200 rows"):
        run(data, "--limit", 20, "--fit", "ours")
    assert not calibration_path("ours").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.csv"], "not a file"),
        (["DATA", "--column", "api"], "ATTRIBUTE=COLUMN"),
        (["DATA", "--column", "OFF_TOPIC=api"], "ATTRIBUTE=COLUMN"),
        (["DATA", "--column", "SPAM=api"], "compact@6 has no output for SPAM"),
        (["DATA", "--fit", "../evil"], "lower-case"),
        (["DATA", "--write", "/absent/report.md"], "not a folder"),
        (["DATA", "--limit", -1], "--limit: a number from 1 on"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_read(data: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message) as error:
        run(*[data if argument == "DATA" else argument for argument in arguments])
    assert error.value.returncode == 2


def test_a_report_that_cannot_be_written_is_told(data: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=f"--write {tmp_path}: Is a directory"):
        run(data, "--limit", 5, "--write", tmp_path)


def test_a_file_without_a_usable_row_is_an_error(tmp_path: Path, base: Path) -> None:
    path = tmp_path / "none.csv"
    path.write_text("text,TOXICITY\n,0.5\nhi there,2\n", encoding="utf-8")
    with pytest.raises(CommandError, match="no row"):
        run(path)
    path.write_text("words,api\nhi,1\n", encoding="utf-8")
    with pytest.raises(CommandError, match="--text"):
        run(path)
