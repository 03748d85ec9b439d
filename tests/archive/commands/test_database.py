"""Every command says in one line that the database has no tables, or that it failed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, get_commands, load_command_class
from django.db import DatabaseError

from archive.management.database import DatabaseCommand

ROOT = Path(__file__).resolve().parents[3]
# `migrate` makes the tables, and is Django's but for what it says of the ledger.
# `restore` fills a database that has no tables yet.
WITHOUT_DATABASE = {"benchmark", "convert_model", "migrate", "restore"}
OURS = sorted(name for name, app in get_commands().items() if app in {"archive", "moderation"})
RUN = """
import sys, django
from django.core.management import CommandError, call_command
django.setup()
for line in sys.stdin.read().splitlines():
    try:
        call_command(*line.split())
    except CommandError as error:
        print(line.split()[0], error)
"""


def test_without_tables_each_command_says_so_in_one_line(tmp_path: Path) -> None:
    row = {"external_id": "c1", "article": {"external_id": "a1", "title": "Ferry"}, "text": "Hello.", "toxicity": 0}
    (tmp_path / "comments.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    words = {
        "backup": "folder",
        "create_api_key": "newsroom --scope read",
        "erase_comment": "1 --no-export",
        "erase_commenter": "1 --no-export",
        "evaluate_model": "comments.jsonl",
        "export_commenter": "1",
        "export_statements": ".",
        "import_comments": "comments.jsonl --source news",
        "key": "list",
        "model": "list",
        "perspective_agreement": "comments.jsonl",
        "policy": "show",
        "second_factor": "list",
        "statistics": "snapshot",
        "thresholds": "en=comments.jsonl",
        "webhook": "list",
        "wordlist": "list",
    }
    commands = [name for name in OURS if name not in WITHOUT_DATABASE | {"demo"}]
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(ROOT),
        "MODERATION_RETENTION": "notes=365",
    }
    lines = "\n".join(f"{name} {words.get(name, '')}" for name in commands)
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        input=lines,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if "manage.py migrate" in line]
    assert [line.split()[0] for line in said] == commands


@pytest.mark.parametrize("name", sorted(set(OURS) - WITHOUT_DATABASE))
def test_each_command_that_uses_the_database_is_of_the_kind_that_says_so(name: str) -> None:
    assert isinstance(load_command_class(get_commands()[name], name), DatabaseCommand)


@pytest.mark.django_db
def test_a_failure_is_told_by_its_kind_alone() -> None:
    class Failing(DatabaseCommand):
        def handle(self, *_: object, **__: object) -> None:
            raise DatabaseError("Failing row contains a reader's words")

    with pytest.raises(CommandError, match=r"^The database failed \(DatabaseError\); run it again\.$"):
        Failing().execute(no_color=True, force_color=False, skip_checks=True, stdout=None, stderr=None)
