"""Runs windows of token ids through OpenVINO.

A session holds one compiled model (`compiled`), one inference request per stream, and as many threads as streams, which
take batches as they come; so concurrent callers share the processor fairly, batch by batch. OpenVINO's threads do not
survive a fork: a session belongs to the process that created it, and a process must not open a model before it forks.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from moderation.scoring.inference.batches import plan, width
from moderation.scoring.inference.compiled import Compiled, Request
from moderation.scoring.results import ScoringError

if TYPE_CHECKING:
    from numpy import float32, int64
    from numpy.typing import NDArray

# Any ids: the first inference of a process must run alone, because OpenVINO's Python binding initialises itself in it
# and deadlocks if two threads do so at once (2026.4). It also warms up the engine for the first real text.
WARM_UP = (0, 0)

_opening = threading.Lock()


def default_threads() -> int:
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class InferenceSession:
    """A compiled model, ready to run; thread-safe within the process that created it."""

    def __init__(
        self,
        model: Path,
        *,
        threads: int | None = None,
        precision: str | None = None,
        exact_parts: int = 0,
        output: str = "probabilities",
    ) -> None:
        """Compile one output of `model.xml` for single-threaded streams.

        Args:
            model: The OpenVINO graph; its weights are next to it.
            threads: Number of streams; None takes one per processor.
            precision: `bf16` or `f32`; None takes the fastest. `bf16` is used only if the processor supports it.
            exact_parts: How many parts at the start are in float32 while the others are in `bf16`; a layer has two.
            output: `probabilities`, or `tokens` if the model has that; what only the other one needs is removed.

        Raises:
            ScoringError: `inference_failed` if OpenVINO cannot read or compile the model.
        """
        self.streams = max(1, threads or default_threads())
        try:
            self._compiled = Compiled(
                model, streams=self.streams, precision=precision, exact_parts=exact_parts, output=output
            )
            requests = [self._compiled.request() for _ in range(self.streams)]
        except RuntimeError as error:
            raise ScoringError("inference_failed", f"OpenVINO cannot open {model}.") from error
        self.precision = self._compiled.precision
        self._idle: queue.SimpleQueue[Request] = queue.SimpleQueue()
        for request in requests:
            self._idle.put(request)
        self._workers = ThreadPoolExecutor(self.streams, thread_name_prefix="scoring")
        with _opening:
            self._infer([WARM_UP])

    def run(self, windows: Sequence[Sequence[int]], outputs: int) -> NDArray[float32]:
        """The outputs of each window.

        Args:
            windows: Token ids, special tokens included; any order, any lengths.
            outputs: Number of the model's outputs.

        Returns:
            Windows × outputs, same order.

        Raises:
            ScoringError: `inference_failed`, retryable: memory may be short temporarily.
        """
        import numpy

        rows = numpy.empty((len(windows), outputs), dtype=numpy.float32)
        for batch, values in self._batches(windows):
            rows[batch] = values
        return rows

    def run_tokens(self, windows: Sequence[Sequence[int]]) -> list[NDArray[float32]]:
        """The probability of each token of each window, without the two special tokens; for a session of `tokens`.

        Args:
            windows: As for `run`.

        Returns:
            One array per window, same order.

        Raises:
            ScoringError: As for `run`.
        """
        found: dict[int, NDArray[float32]] = {}
        for batch, values in self._batches(windows):
            found |= {index: row[1 : len(windows[index]) - 1] for index, row in zip(batch, values, strict=True)}
        return [found[index] for index in range(len(windows))]

    def _batches(self, windows: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], NDArray[float32]]]:
        batches = list(plan([len(window) for window in windows]))
        work = self._workers.map(lambda batch: self._infer([windows[i] for i in batch]), batches)
        try:
            yield from zip(batches, work, strict=True)
        except (RuntimeError, MemoryError) as error:
            raise ScoringError("inference_failed", "OpenVINO failed on a batch.", retryable=True) from error

    def _infer(self, windows: list[Sequence[int]]) -> NDArray[float32]:
        ids, mask = pad(windows)
        request = self._idle.get()
        try:
            return request.run(ids, mask)
        finally:
            self._idle.put(request)


def pad(windows: Sequence[Sequence[int]]) -> tuple[NDArray[int64], NDArray[int64]]:
    """The ids of windows padded to one array, and the mask of real tokens; both rows × width."""
    import numpy

    shape = (len(windows), width(max(len(window) for window in windows)))
    ids, mask = numpy.zeros(shape, dtype=numpy.int64), numpy.zeros(shape, dtype=numpy.int64)
    for row, window in enumerate(windows):
        ids[row, : len(window)] = window
        mask[row, : len(window)] = 1
    return ids, mask
