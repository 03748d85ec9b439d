"""One engine of `benchmark scoring`, measured in its own process: a job as JSON in, figures as JSON out.

`python -m moderation.benchmarks.engine.speed < job.json`. A process each, so that memory and the cold start are those
of the engine. No database and no Django; a text goes through everything that a comment does, including language
detection and normalisation.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

LIST = 32
ROUNDS = 3
ALONE = 60
MATMUL = 2_048
MATMULS = 8

Figures = dict[str, Any]


def engine(job: dict[str, Any]) -> Figures:
    """Measure this engine: its rate and parts, one comment alone, its arithmetic against a large matrix product."""
    begun = time.perf_counter()
    from moderation.scoring.catalogue.descriptions import describe, look_in
    from moderation.scoring.scorer import Scorer

    look_in(Path(job["models"]))
    scorer, texts = Scorer(describe(job["model"])), job["texts"]
    scorer.score(texts[:1])
    ready = time.perf_counter() - begun
    alone = [_timed(lambda: scorer.score([job["comment"]])) for _ in range(ALONE)]
    whole = _best(lambda: scorer.score(texts))
    memory = _peak_megabytes()
    return {
        "comments_per_second": round(len(texts) / whole, 2),
        **_arithmetic(scorer, texts, job["shape"], whole),
        **_parts(scorer, texts, whole),
        "ready_seconds": round(ready, 3),
        "one_comment_ms": round(1000 * median(alone), 2),
        "memory_megabytes": memory,
    }


def detoxify(job: dict[str, Any]) -> Figures:
    """Measure Detoxify.predict on the same weights and texts: in lists of 32 as they come, and one at a time."""
    begun = time.perf_counter()
    from moderation.scoring.conversion.detoxified import open_checkpoint

    checkpoint, texts = Path(job["checkpoint"]), job["texts"]
    library = open_checkpoint(checkpoint, checkpoint.parent).library
    library.predict(texts[0])
    ready = time.perf_counter() - begun
    lists = [texts[i : i + LIST] for i in range(0, len(texts), LIST)]
    in_lists = _timed(lambda: [library.predict(part) for part in lists])
    alone = _timed(lambda: [library.predict(text) for text in texts])
    return {
        "lists_per_second": round(len(texts) / in_lists, 3),
        "one_at_a_time_per_second": round(len(texts) / alone, 3),
        "ready_seconds": round(ready, 3),
        "memory_megabytes": _peak_megabytes(),
    }


def _arithmetic(scorer: Any, texts: Sequence[str], shape: dict[str, int], whole: float) -> Figures:
    """Tokens a second, and inference alone against the peak of the number type."""
    tokens, session = scorer.load()
    windows = [tokens.enclose(ids) for ids in tokens.encode(texts)]
    inference = _best(lambda: session.run(windows, len(scorer.description.outputs)))
    peak = matmul_rate(scorer.precision, session.streams)
    real = sum(map(len, windows))
    return {
        "tokens_per_second": round(real / whole, 1),
        "tokens_per_comment": round(real / len(texts), 1),
        "precision": scorer.precision,
        "exact_parts": scorer.description.exact_parts,
        "threads": session.streams,
        "share_of_peak": round(sum(operations(shape, len(window)) for window in windows) / inference / peak, 4),
        "matmul_gflops": round(peak / 1e9, 1),
        "share_of_preparing": round(max(0.0, 1 - inference / whole), 4),
    }


def _parts(scorer: Any, texts: Sequence[str], whole: float) -> Figures:
    """The shares of tokenisation, and of normalisation and language detection."""
    from moderation.scoring.plans import plan

    tokens, _ = scorer.load()
    tokenising = _best(lambda: tokens.encode(texts))
    planning = _best(lambda: [plan(text, None, None, scorer.routing) for text in texts])
    return {
        "share_of_tokenising": round(tokenising / whole, 4),
        "share_of_normalising_and_language": round(planning / whole, 4),
    }


def operations(shape: dict[str, int], tokens: int) -> float:
    """Multiplications and additions for a text of `tokens` tokens in the engine's graph.

    The last layer computes keys and values for every token, the rest for the first one only.
    """
    layers, width, inner = shape["layers"], shape["hidden_size"], shape["intermediate_size"]
    products = 4 * width * width + 2 * width * inner
    full = 2 * tokens * products + 4 * tokens * tokens * width
    last = 4 * tokens * width * width + 2 * (products - 2 * width * width) + 4 * tokens * width
    return float((layers - 1) * full + last)


def matmul_rate(precision: str, streams: int) -> float:
    """Operations a second of a large matrix product in the number type, by the same library and number of threads."""
    import numpy

    from moderation.scoring.inference.compiled import load_openvino, open_core

    model = load_openvino().Model
    from openvino import opset13

    weight = opset13.constant(numpy.full((MATMUL, MATMUL), 0.01, dtype=numpy.float32))
    rows = opset13.parameter([MATMUL, MATMUL], numpy.float32)
    graph = model([opset13.result(opset13.matmul(rows, weight, False, True))], [rows], "matmul")
    settings = {"INFERENCE_PRECISION_HINT": precision, "NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": streams}
    compiled = open_core().compile_model(graph, "CPU", settings)
    requests = [compiled.create_infer_request() for _ in range(streams)]
    values = [numpy.full((MATMUL, MATMUL), 0.01, dtype=numpy.float32) for _ in requests]

    def products() -> None:
        for _ in range(MATMULS):
            for request, value in zip(requests, values, strict=True):
                request.start_async([value], share_inputs=True)
            for request in requests:
                request.wait()

    products()
    return 2.0 * MATMUL**3 * MATMULS * streams / _best(products)


def _timed(action: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _best(action: Callable[[], Any]) -> float:
    return min(_timed(action) for _ in range(ROUNDS))


def _peak_megabytes() -> float:
    """The most memory that this process held; `getrusage` would also count what its parent held when it forked."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
        return round(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6, 1)
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 1)


KINDS: dict[str, Callable[[dict[str, Any]], Figures]] = {"engine": engine, "detoxify": detoxify}


def main() -> None:
    """Read a job, measure, write the figures."""
    job = json.load(sys.stdin)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    json.dump(KINDS[job["kind"]](job), sys.stdout)


if __name__ == "__main__":
    main()
