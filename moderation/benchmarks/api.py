"""`benchmark api`: the real server on a scratch database, under load, with or without the batch beside it.

All are processes of this session, so that the batch's `nice` counts on systems that share processors by session.
"""

import json
import os
import random
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import connection

from moderation.benchmarks.load import LoadPlan, LoadReport, percentile
from moderation.benchmarks.scratch import BenchmarkError, scratch_database
from moderation.scoring import open_scorer
from moderation.services.model_versions import models_named

CHARACTERS = 300
DIFFERENT_TEXTS = 500
SEED = 20261231
WARM_UP_SECONDS = 2.0
REPLY_SECONDS = 300.0
# On a busy machine a start takes minutes; a server that takes longer does not start, for example without its model.
START_SECONDS = 900.0
POLL_SECONDS = 0.1
ENGINE_TEXTS = 64
# More than the batch scores a second on two cores, so that it does not run out.
BATCH_COMMENTS_A_SECOND = 300
BATCH_NICENESS = 19
SHARES = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99, "most_ms": 1.0}
HOST = "127.0.0.1"
OK, REFUSED = 200, 429
_WORD = re.compile(r"\w+")
WORDS = _WORD.findall(
    "the ferry was late again and nobody told us why this council spends money on things that no one wants while "
    "schools wait for a roof you people are fools if believe it will change harbour night market teacher train stupid "
    "report says they never asked what old town needs more than another road my neighbour thinks otherwise of course",
)
_SENT = re.compile(r"(?<!\d)(\d++) so far in this run")

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ApiPlan:
    """What to measure: numbers of closed-loop clients, seconds each, whether beside the batch too, overload clients."""

    clients: tuple[int, ...]
    seconds: float
    beside_batch: bool
    overload: int


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is up, and a key for it."""

    port: int
    key: str

    @property
    def path(self) -> str:
        """The path that analyzes a text, with the key."""
        return f"/v1alpha1/comments:analyze?key={self.key}"

    def metric(self, name: str) -> float:
        """The present value of a metric without labels; 0 if this system has none of that name."""
        asked = urllib.request.Request(
            f"http://{HOST}:{self.port}/api/v1/metrics/", headers={"Authorization": f"Bearer {self.key}"}
        )
        with urllib.request.urlopen(asked, timeout=REPLY_SECONDS) as reply:  # noqa: S310
            shown = reply.read().decode()
        found = [line.removeprefix(f"{name} ") for line in shown.splitlines() if line.startswith(f"{name} ")]
        return float(found[0]) if found else 0.0


def api_measured(plan: ApiPlan) -> Figures:
    """Measures comments:analyze with one attribute and 300 characters, on a database that is gone afterwards.

    Raises:
        BenchmarkError: The server, the load or the batch did not do its work.
    """
    with TemporaryDirectory(prefix="moderato-benchmark-") as name, scratch_database(Path(name)) as url:
        folder = Path(name)
        manage(url, "migrate", "-v0")
        scopes = ("--scope", "analyze", "--scope", "read")
        # No rate stands in the way of what is measured.
        key = manage(url, "create_api_key", "benchmark", *scopes, "--rate", "1000000").strip()
        if plan.beside_batch:
            _seed(
                url, folder, comments=int(plan.seconds + WARM_UP_SECONDS) * len(plan.clients) * BATCH_COMMENTS_A_SECOND
            )
        figures: Figures = {"database": connection.vendor, "characters": CHARACTERS}
        figures["engine_texts_per_second"] = round(engine_rate(plan.seconds / 4), 1)
        with served(url, folder, key) as server:
            figures |= _phases(server, plan, url, folder)
    return figures


def _phases(server: Server, plan: ApiPlan, url: str, folder: Path) -> Figures:
    most = max(plan.clients)
    figures: Figures = {f"healthz_{most}_clients": _latency(_load(server, most, plan.seconds / 4, path="/healthz"))}
    for clients in plan.clients:
        figures[f"{clients}_clients"] = _phase(server, clients, plan.seconds)
    if plan.beside_batch:
        for clients in plan.clients:
            with batch_beside(url, folder) as batch:
                found = _phase(server, clients, plan.seconds)
            figures[f"{clients}_clients_beside_batch"] = {**found, **batch}
    if plan.overload:
        figures[f"overload_{plan.overload}_clients"] = _phase(server, plan.overload, plan.seconds)
    return figures


def _phase(server: Server, clients: int, seconds: float) -> Figures:
    """Returns the figures of one load: latency of scored requests, refusals, the server's CPU time."""
    _load(server, clients, WARM_UP_SECONDS)
    cpu, refused = _counts(server)
    report = _load(server, clients, seconds)
    after = _counts(server)
    refusals = report.latencies.get(REFUSED, [])
    requests = sum(len(found) for found in report.latencies.values())
    figures = {**_latency(report), "refused": len(refusals), "refused_as_counted": round(after[1] - refused)}
    if refusals:
        figures |= {f"refusal_{name}": _ms(percentile(refusals, share)) for name, share in SHARES.items()}
    # With several processes the metrics are those of one of them.
    if os.environ.get("WEB_CONCURRENCY", "1") == "1":
        figures["server_cpu_ms_per_request"] = round(1000 * (after[0] - cpu) / max(1, requests), 2)
    return figures


def _counts(server: Server) -> tuple[float, float]:
    return server.metric("process_cpu_seconds_total"), server.metric("moderato_scoring_refused_total")


def _latency(report: LoadReport) -> Figures:
    served = report.latencies.get(OK, [])
    others = sum(len(found) for status, found in report.latencies.items() if status not in {OK, REFUSED})
    if others or report.broken or not served:
        raise BenchmarkError(f"{others} replies were errors, {report.broken} broke off, {len(served)} were right")
    figures = {name: _ms(percentile(served, share)) for name, share in SHARES.items()}
    return {**figures, "requests_per_second": round(len(served) / report.seconds, 1)}


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


def _load(server: Server, clients: int, seconds: float, *, path: str = "") -> LoadReport:
    bodies = () if path else tuple(analyze_body(text) for text in texts(DIFFERENT_TEXTS))
    plan = LoadPlan(HOST, server.port, path or server.path, clients, seconds, bodies)
    command = [sys.executable, "-m", "moderation.benchmarks.load"]
    run = subprocess.run(  # noqa: S603 - this very program
        command, input=json.dumps(asdict(plan)), cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise BenchmarkError(run.stderr.strip()[-200:] or "the load failed")
    said = json.loads(run.stdout)
    return LoadReport(**{**said, "latencies": {int(status): found for status, found in said["latencies"].items()}})


def texts(count: int, *, seed: int = SEED) -> list[str]:
    """Returns `count` different English texts of 300 characters; the same seed gives the same ones."""
    # Reproducible, and no secret.
    draw = random.Random(seed)  # noqa: S311
    return [" ".join(draw.choices(WORDS, k=CHARACTERS // 2))[:CHARACTERS] for _ in range(count)]


def analyze_body(text: str) -> str:
    """A request for one attribute, as JSON."""
    return json.dumps(
        {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"], "doNotStore": True}
    )


def engine_rate(seconds: float) -> float:
    """Returns how many such texts a second the engine alone scores, on all threads of this process."""
    scorer = open_scorer(models_named()[0], threads=settings.MODERATION_THREADS or None)
    rounds = [texts(ENGINE_TEXTS, seed=number) for number in range(8)]
    scorer.score(rounds[-1], languages=["en"] * ENGINE_TEXTS)
    done, begun = 0, time.perf_counter()
    while not done or time.perf_counter() - begun < seconds:
        scorer.score(rounds[done % len(rounds)], languages=["en"] * ENGINE_TEXTS, perspective=True)
        done += 1
    return done * ENGINE_TEXTS / (time.perf_counter() - begun)


def _seed(url: str, folder: Path, *, comments: int) -> None:
    rows = folder / "comments.jsonl"
    with rows.open("w", encoding="utf-8") as stream:
        for number, text in enumerate(texts(comments)):
            row = {"external_id": str(number), "text": text, "language": "en", "commenter": {"name": "Reader"}}
            stream.write(json.dumps({**row, "article": {"external_id": "1", "title": "Ferry"}}) + "\n")
    manage(url, "import_comments", str(rows), "--source", "benchmark")


@contextmanager
def served(url: str, folder: Path, key: str) -> Iterator[Server]:
    """Runs the server as in production until the end of the block; ready to score.

    Raises:
        BenchmarkError: It does not start.
    """
    server = Server(_free_port(), key)
    command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
    environment = {**_environment(url), "BIND": f"{HOST}:{server.port}"}
    log = folder / "server.log"
    with log.open("wb") as out, _running(command, environment, out) as process:
        _wait_until(lambda: _is_ready(server), process, "the server", log)
        yield server


@contextmanager
def batch_beside(url: str, folder: Path) -> Iterator[Figures]:
    """Runs `nice -n 19 manage.py score_comments` during the block; its figures are filled in at the end.

    Raises:
        BenchmarkError: It does not start.
    """
    command = ["nice", "-n", str(BATCH_NICENESS), sys.executable, "manage.py", "score_comments"]
    log = folder / "batch.log"
    figures: Figures = {}
    with log.open("wb") as out, _running(command, {**_environment(url), "LOG_LEVEL": "DEBUG"}, out) as process:
        _wait_until(lambda: bool(_SENT.search(log.read_text())), process, "score_comments", log)
        begun = int(_SENT.findall(log.read_text())[-1])
        yield figures
        figures["batch_texts_sent"] = int(_SENT.findall(log.read_text())[-1]) - begun
        figures["batch_was_done"] = process.poll() is not None


@contextmanager
def _running(command: Sequence[str], environment: dict[str, str], out: Any) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(  # noqa: S603 - this very program
        command, env=environment, cwd=settings.BASE_DIR, stdout=out, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _wait_until(is_done: Callable[[], bool], process: subprocess.Popen[bytes], name: str, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while not is_done():
        if process.poll() is not None or time.monotonic() > until:
            said = log.read_text(errors="replace").strip().splitlines()
            raise BenchmarkError(f"{name} did not start: {said[-1] if said else 'it said nothing'}")
        time.sleep(POLL_SECONDS)


def _is_ready(server: Server) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{server.port}/readyz", timeout=REPLY_SECONDS) as reply:
            return bool(reply.status == OK)
    except (urllib.error.URLError, OSError):
        return False


def _environment(url: str) -> dict[str, str]:
    """This environment with the scratch database; in production the server is asked by its number, without TLS."""
    local = {"DATABASE_URL": url, "ALLOWED_HOSTS": HOST, "SECURE_SSL_REDIRECT": "false"}
    return {**os.environ, **local}


def manage(url: str, *arguments: str) -> str:
    """Runs a command on the scratch database and returns what it said; raises BenchmarkError where it failed."""
    command = [sys.executable, "manage.py", *arguments]
    run = subprocess.run(  # noqa: S603 - this very program
        command, env=_environment(url), cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise BenchmarkError(f"manage.py {arguments[0]} ended with status {run.returncode}")
    return run.stdout


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        port: int = one.getsockname()[1]
        return port
