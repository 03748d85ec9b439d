"""`evaluate_model`: from labelled texts to figures, with the embedded model itself."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

pytestmark = pytest.mark.django_db

RUDE = ("You stupid idiot {n}.", "What a pathetic liar, page {n}.", "Shut up, you moron, line {n}.")
CALM = ("Thank you for article {n}.", "The gay choir sang {n} songs.", "The council has {n} members.")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """48 texts of ours, half of them rude, with people's labels, Perspective's scores and marked words."""
    path = tmp_path / "labelled.jsonl"
    rows = []
    for n in range(24):
        rude, calm = RUDE[n % 3].format(n=n), CALM[n % 3].format(n=n)
        insult = rude.split()[2].strip(",.")
        begin = rude.index(insult)
        spans = [[begin, begin + len(insult)]]
        scored = {"perspective_toxicity": 0.8 + n / 200}
        rows.append({"text": rude, "toxicity": 1, "hateful": 1, "spans": spans, "set": "rude", **scored})
        rows.append({"text": calm, "toxicity": 0, "hateful": 0, "set": "calm", "perspective_toxicity": n / 200})
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return path


def run(*arguments: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("evaluate_model", *map(str, arguments), "--language", "en", stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_it_prints_figures_of_labels_thresholds_scale_and_words(data: Path) -> None:
    out, err = run(data, "--rounds", 20)
    for part in (
        "# How good compact@",
        "| toxicity | all | 48 | 24 | 1.000 (1.000–1.000) |",
        "| hateful | all | 48 | 24 | 1.000",
        "| toxicity | calm | 24 | 0 | – |",
        "| toxicity | all | 0.5 | ",
        "| TOXICITY | 48 | 0.",
        "| 24 | 0.",
        "## Share of all texts at or above a score",
    ):
        assert part in out
    assert "## Evasion" not in out
    assert "toxicity from toxicity, hateful from hateful, TOXICITY from perspective_toxicity" in err
    assert "48 rows read, 0 without text or label, 0 values of no known form." in err


def test_the_figures_are_written_as_json_and_the_report_as_it_was_printed(data: Path, tmp_path: Path) -> None:
    out, _ = run(data, "--model", "compact", "--rounds", 0, "--json", tmp_path / "f.json", "--write", tmp_path / "r.md")
    figures = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert (tmp_path / "r.md").read_text(encoding="utf-8").strip() == out.strip()
    everything = figures["labels"]["toxicity"]["all"]
    assert (figures["texts"], everything["positive"], everything["auc_interval"]) == (48, 24, None)
    assert everything["brier"] < everything["brier_of_base_rate"] == 0.25
    assert 0 < figures["spans"]["f1"] <= 1
    assert figures["model"].startswith("compact@")


def test_noise_is_measured_kind_by_kind(data: Path) -> None:
    from moderation.scoring.metrics.perturbations import KINDS

    out, _ = run(data, "--noise", "--limit", 12, "--rounds", 0)
    assert "The toxic words of 6 toxic texts" in out
    assert all(f"| {kind} | " in out for kind in KINDS)


def test_identity_terms_are_told_by_auc(tmp_path: Path) -> None:
    path = tmp_path / "terms.csv"
    lines = [f"The muslim baker sold {n} loaves.,NOT_BAD\nYou stupid muslim idiot {n}.,BAD" for n in range(12)]
    others = [f"The baker sold {n} loaves.,NOT_BAD\nYou stupid idiot {n}.,BAD" for n in range(12)]
    path.write_text("\n".join(["Text,Label", *lines, *others]) + "\n", encoding="utf-8")
    out, _ = run(path, "--column", "toxicity=Label", "--rounds", 0)
    assert "| toxicity | muslim | 24 | 1.000 | " in out
    assert "| toxicity | the worst of each | 24 | " in out


def test_texts_alone_give_what_thresholds_flag(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text("text\nThank you all.\nYou stupid idiot.\n", encoding="utf-8")
    out, _ = run(path, "--unlabelled")
    assert "| toxicity | 50.0% | 50.0% |" in out
    assert "People's labels" not in out
    with pytest.raises(CommandError, match="--column"):
        run(path)


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["absent.csv"], "not a file", 2),
        (["DATA", "--column", "toxicity"], "LABEL=COLUMN", 2),
        (["DATA", "--column", "rudeness=x"], "LABEL=COLUMN", 2),
        (["DATA", "--column", "SPAM=x"], "compact@6 has no output for SPAM", 2),
        (["DATA", "--json", "/absent/f.json"], "not a folder", 2),
        (["DATA", "--delimiter", "||"], "one character", 2),
        (["DATA", "--limit", "0"], "from 1 on", 2),
        (["DATA", "--rounds", "-1"], "at least 0", 2),
        (["DATA", "--rounds", "0", "--write", "/"], "--write /: Is a directory", 1),
        (["DATA", "--model", "nobody"], "nobody", 1),
        (["DATA", "--text", "absent", "--language", "xx"], "no row", 1),
    ],
)
def test_wrong_usage_and_unusable_rows_are_told(data: Path, arguments: list[str], message: str, code: int) -> None:
    with pytest.raises(CommandError, match=message) as error:
        call_command("evaluate_model", *[str(data) if part == "DATA" else part for part in arguments])
    assert error.value.returncode == code
