"""Runs the commands that a page of the documentation shows, and compares what they print with what the page says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from django.core.management import CommandError, call_command

BLOCK = re.compile(r"^```(console|yaml|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"Save this as `([\w.]+)`:\n\n\Z")
SED = re.compile(r"sed -i '(\d+)s/([^/]+)/([^/]*)/' ([\w.]+)")
DECIMAL = re.compile(r"\d+\.\d+")
TOLERANCE = 0.002
NUMBER = re.compile(r"comment \d+")
Step = tuple[str, str]


def page_steps(page: Path) -> Iterator[Step]:
    """Yields the page's commands, each with the lines that are shown below it, and its files: (name, content)."""
    text = page.read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        kind, body = block.groups()
        if kind == "yaml":
            named = FILE.search(text[: block.start()])
            assert named, body
            yield named[1], body
        elif kind == "console":
            for part in body.removeprefix("$ ").split("\n$ "):
                command, _, shown = part.partition("\n")
                yield command, shown


def step_run(step: Step, folder: Path) -> str:
    """Writes the step's file into the folder, or runs its command there; returns the command, empty for a file."""
    name, content = step
    if edit := SED.fullmatch(name):
        _edit(folder / edit[4], int(edit[1]), edit[2], edit[3])
    elif not name.startswith("python "):
        (folder / name).write_text(content, encoding="utf-8")
        return ""
    else:
        said = command_run(name)
        missing = [line for line in content.splitlines() if not _is_said(_numbered(line), _numbered(said))]
        assert missing == [], f"{name}:\n{said}"
    return name


def command_run(command: str) -> str:
    """Returns what a command prints, its error included."""
    python, manage, *arguments = shlex.split(command)
    assert (python, manage) == ("python", "manage.py")
    out = StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


def _numbered(text: str) -> str:
    """Puts one number for each comment's: PostgreSQL counts on where the test before ended."""
    return NUMBER.sub("comment 1", text)


def _is_said(line: str, said: str) -> bool:
    """Says whether the line is there, with scores as near as those of two processors.

    bfloat16 is summed in other orders by other processors; what hangs on it is left out of a page by an ellipsis.
    """
    line = line.removesuffix(" …")
    pattern = re.compile(r"(\d+\.\d+)".join(map(re.escape, DECIMAL.split(line))))
    shown = [float(number) for number in DECIMAL.findall(line)]
    return any(
        all(abs(float(one) - other) <= TOLERANCE for one, other in zip(found.groups(), shown, strict=True))
        for found in pattern.finditer(said)
    )


def _edit(path: Path, line: int, old: str, new: str) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    assert old in lines[line - 1], lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    path.write_text("\n".join(lines), encoding="utf-8")
