"""Plans batches by padded tokens over windows sorted by length, longest first, so that memory peaks at the start.

Pure planning; the session pads and runs the batches, and maps results back by index.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

# Padded tokens per batch. Larger batches were no faster on two cores and take more memory.
TOKEN_BUDGET = 1024
# Widths are rounded up to multiples of this, because every new shape costs a compilation and memory that is kept.
WIDTH_STEP = 8
# The model's head works row by row in float32 (`conversion.graph`), at 0.6 MB per row.
MAX_ROWS = 32


def width(length: int) -> int:
    """The padded width of a batch whose longest window has `length` tokens."""
    return max(WIDTH_STEP, -(-length // WIDTH_STEP) * WIDTH_STEP)


def plan(lengths: Sequence[int], budget: int = TOKEN_BUDGET, rows: int = MAX_ROWS) -> Iterator[list[int]]:
    """Group windows into batches.

    Args:
        lengths: Number of tokens in each window.
        budget: Maximum padded tokens (width × count) in a batch; a single window may exceed it.
        rows: Maximum windows in a batch.

    Yields:
        Indices into `lengths`, each in exactly one batch, the longest first.
    """
    batch: list[int] = []
    wide = 0
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and (wide * (len(batch) + 1) > budget or len(batch) == rows):
            yield batch
            batch = []
        if not batch:
            wide = width(lengths[index])
        batch.append(index)
    if batch:
        yield batch
