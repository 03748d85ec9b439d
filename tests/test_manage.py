"""`manage.py`: what it adds to Django's."""

import subprocess
import sys
from pathlib import Path

SIGNAL = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"


def test_ctrl_c_ends_a_command_in_one_line() -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "--command", SIGNAL],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (130, "Stopped.\n")
